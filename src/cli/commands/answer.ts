import type { Invocation } from '../command.ts'

/** Prints an answer as JSON when `--format json` asks for it. */
export function answerJson(invocation: Invocation, answer: unknown): void {
  if (invocation.flags.text('format') === 'json') writeJson(invocation, answer)
}

/** Prints a value as indented JSON on stdout. */
export function writeJson(invocation: Invocation, value: unknown): void {
  invocation.terminal.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`)
}
