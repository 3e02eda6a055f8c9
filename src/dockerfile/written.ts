import { takeFlags } from './flags.ts'
import { invalid } from './invalid.ts'
import type { LogicalLine } from './lines.ts'

/** An instruction's name and arguments, flags taken off. */
export interface Written {
  /** Upper case. */
  readonly name: string
  readonly flags: readonly string[]
  readonly rest: string
  readonly line: LogicalLine
  readonly escape: '\\' | '`'
}

/** Splits an instruction into name, flags and arguments. */
export function readWritten(line: LogicalLine, escape: '\\' | '`'): Written {
  const [name, rest = ''] = splitAtSpace(line.text.trim())
  return { name: name.toUpperCase(), ...takeFlags(rest, escape), line, escape }
}

/** The first word and what follows it. */
export function splitAtSpace(text: string): readonly [string, string?] {
  const match = /^(\S+)\s+(.*)$/s.exec(text)
  return match === null ? [text] : [match[1] ?? '', match[2] ?? '']
}

/** A JSON list that holds something else than texts. */
export function notTexts(written: Written): Error {
  return invalid(written.line.at, `the list of ${written.name} holds something that is not a text`)
}
