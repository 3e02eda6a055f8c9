import { createInterface } from 'node:readline'
import type { Writable } from 'node:stream'
import { ToolError } from '../errors/index.ts'
import type { Invocation } from './command.ts'

/** Asks somebody at a terminal. */
export interface Questions {
  /** One of several; the first when nothing is typed. Undefined: none of them. */
  choose<T>(question: string, choices: readonly { readonly text: string; readonly value: T }[]): Promise<T>
  confirm(question: string): Promise<boolean>
}

/** Where answers come from. */
export interface QuestionStreams {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly output: Writable
  readonly signal: AbortSignal
}

/** Questions on the terminal; undefined when nobody is there, or nobody wants to be asked. */
export function questionsOf({ flags, terminal, signal }: Invocation): Questions | undefined {
  const isWanted = flags.bool('interactive') && !(flags.has('assume-yes') && flags.bool('assume-yes'))
  if (!isWanted || !terminal.isInteractive || !process.stdin.isTTY) return undefined
  return askOn({ input: process.stdin, output: terminal.stderr, signal })
}

/** Questions on any streams; they are asked again until an answer is one. @internal */
export function askOn({ input, output, signal }: QuestionStreams): Questions {
  const ask = async <T>(question: string, read: (answer: string) => T | undefined): Promise<T> => {
    const lines = createInterface({ input, output, signal })
    try {
      output.write(question)
      for await (const line of lines) {
        const value = read(line.trim())
        if (value !== undefined) return value
        output.write(question)
      }
    } finally {
      lines.close()
    }
    signal.throwIfAborted()
    throw new ToolError('ABORTED', 'nobody answered')
  }
  return {
    async choose(question, choices) {
      output.write(`${question}\n${choices.map(({ text }, index) => `  ${index + 1}) ${text}\n`).join('')}`)
      const chosen = await ask(`1-${choices.length} [1]: `, (answer) => choices[answer === '' ? 0 : Number(answer) - 1])
      return chosen.value
    },
    confirm: (question) =>
      ask(`${question} [Y/n]: `, (answer) => {
        if (answer === '' || /^y(?:es)?$/i.test(answer)) return true
        return /^no?$/i.test(answer) ? false : undefined
      }),
  }
}
