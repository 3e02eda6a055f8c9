import type { Writable } from 'node:stream'

/** Where a command writes, and what it may assume of it. */
export interface Terminal {
  readonly stdout: Writable
  readonly stderr: Writable
  /** Whether stdout is a terminal that redraws. */
  readonly isInteractive: boolean
  readonly hasColors: boolean
  readonly columns: number
}

/** What of the process decides about colours and redrawing. */
export interface TerminalFacts {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: Writable
}

/** Colours and redrawing only on a terminal that can; NO_COLOR, FORCE_COLOR and TERM=dumb are honoured. */
export function createTerminal({ env, stdout, stderr }: TerminalFacts): Terminal {
  const isTty = stdout.isTTY === true && env['TERM'] !== 'dumb'
  const forced = (env['FORCE_COLOR'] ?? '') !== '' && env['FORCE_COLOR'] !== '0'
  const refused = (env['NO_COLOR'] ?? '') !== '' || env['FORCE_COLOR'] === '0'
  return {
    stdout,
    stderr,
    isInteractive: isTty && (env['CI'] ?? '') === '',
    hasColors: forced || (isTty && !refused),
    // some pseudo terminals say that they have none
    columns: stdout.columns === undefined || stdout.columns < 1 ? 80 : stdout.columns,
  }
}
