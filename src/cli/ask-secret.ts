import type { Writable } from 'node:stream'
import { ToolError } from '../errors/index.ts'

/** A terminal that somebody types on. */
export interface KeyboardInput extends NodeJS.EventEmitter {
  setRawMode(isRaw: boolean): unknown
  resume(): unknown
  pause(): unknown
}

/** Where the question is asked. */
export interface SecretStreams {
  readonly input: KeyboardInput
  readonly output: Writable
  readonly signal: AbortSignal
}

/**
 * Asks for something that nobody shall see: what is typed is not shown, and the terminal is as it was afterwards,
 * however the question ends.
 * @throws ABORTED for Ctrl+C, and for Ctrl+D when nothing was typed; the signal's reason
 */
export async function askSecret(question: string, { input, output, signal }: SecretStreams): Promise<string> {
  signal.throwIfAborted()
  output.write(question)
  input.setRawMode(true)
  const line = createLine()
  const decoder = new TextDecoder()
  try {
    return await new Promise<string>((resolve, reject) => {
      const leave = (): void => reject(signal.reason as Error)
      signal.addEventListener('abort', leave)
      input.on('data', (chunk: Uint8Array) => {
        // a character may come in two chunks
        const outcome = line.type(decoder.decode(chunk, { stream: true }))
        if (outcome === undefined) return
        signal.removeEventListener('abort', leave)
        if (outcome.kind === 'line') resolve(outcome.text)
        else reject(new ToolError('ABORTED', 'nobody answered'))
      })
      input.resume()
    })
  } finally {
    input.removeAllListeners('data')
    input.setRawMode(false)
    input.pause()
    output.write('\n')
  }
}

type Outcome = { readonly kind: 'line'; readonly text: string } | { readonly kind: 'left' }

interface Line {
  /** The end of the line, or of the question, when the keys bring it. */
  type(keys: string): Outcome | undefined
}

/** An arrow or the like, which is several characters, or a character. */
const keyPattern = new RegExp(String.raw`\u001b(?:\[[\d;]*[A-Za-z~]|O.)|.`, 'gsu')

/** What the terminal itself does where what is typed is shown. */
function createLine(): Line {
  let typed: readonly string[] = []
  return {
    type(keys) {
      for (const key of keys.match(keyPattern) ?? []) {
        if (key === '\r' || key === '\n') return { kind: 'line', text: typed.join('') }
        if (key === '\u0003' || (key === '\u0004' && typed.length === 0)) return { kind: 'left' }
        if (key === '\u0004') return { kind: 'line', text: typed.join('') }
        typed = edited(typed, key)
      }
      return undefined
    },
  }
}

function edited(typed: readonly string[], key: string): readonly string[] {
  if (key === '\u007f' || key === '\b') return typed.slice(0, -1)
  if (key === '\u0015') return []
  // arrows and other keys that are no characters
  return /^\p{Cc}/u.test(key) ? typed : [...typed, key]
}
