import { ToolError, type ErrorCode } from '../../errors/index.ts'
import type { Emit } from '../../events/index.ts'
import type { Google } from '../../google/index.ts'
import type { RunProcess } from '../../subprocess/index.ts'

/** What reading manifests needs from outside. */
export interface SourceOutside {
  readonly runProcess: RunProcess
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  readonly emit: Emit
  /** Google's APIs, for manifests in buckets. */
  readonly google: () => Promise<Google>
  /** Absolute folder of the configuration; relative paths start there. */
  readonly folder: string
  /** Absolute; files are named relative to it in messages. */
  readonly cwd: string
  /** Which cluster helm and kubectl are told to use. */
  readonly kubeContext?: string
  readonly kubeconfig?: string
}

/** A program that makes manifests. */
export interface Tool {
  readonly command: string
  readonly args: readonly string[]
  /** What it does, for the error. */
  readonly task: string
  readonly code: ErrorCode
  /** What to do, for all that it says or for what it said. */
  readonly hint: string | ((said: string) => string)
  readonly input?: string
  readonly env?: SourceOutside['env']
  /** Told every line of its standard output. */
  readonly report?: (line: string) => void
}

const maxOutputBytes = 1024 * 1024 * 1024

/**
 * Runs a program in the configuration's folder and gives its standard output. Its arguments may hold secrets, so the
 * error tells what it was for and what it said.
 * @throws the tool's code, PROGRAM_MISSING
 */
export async function runTool(outside: SourceOutside, tool: Tool): Promise<string> {
  const { runProcess, signal, folder } = outside
  const outcome = await runProcess({
    command: tool.command,
    args: tool.args,
    cwd: folder,
    env: tool.env ?? outside.env,
    signal,
    maxOutputBytes,
    ...(tool.input === undefined ? {} : { input: tool.input }),
    onLine: (line, stream) => {
      if (stream === 'stdout') tool.report?.(line)
    },
  })
  if (outcome.status === 0) {
    if (outcome.stderr.trim() !== '') outside.emit({ type: 'detail', text: `${tool.task}: ${outcome.stderr.trim()}` })
    return outcome.stdout
  }
  const said = saidAtTheEnd(outcome)
  const hint = typeof tool.hint === 'string' ? tool.hint : tool.hint(said)
  throw new ToolError(tool.code, `${tool.task} failed: ${said}`, { hint })
}

function saidAtTheEnd(outcome: Awaited<ReturnType<RunProcess>>): string {
  const said = (outcome.stderr.trim() || outcome.stdout.trim()).split('\n').slice(-8).join('\n')
  if (said !== '') return said
  return outcome.status === undefined
    ? `it was ended by ${outcome.signal ?? 'a signal'}`
    : `it exited with ${outcome.status}`
}
