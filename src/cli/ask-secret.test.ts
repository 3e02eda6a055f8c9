import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { askSecret, type KeyboardInput } from './ask-secret.ts'

class Keyboard extends EventEmitter implements KeyboardInput {
  readonly modes: boolean[] = []
  setRawMode(isRaw: boolean): void {
    this.modes.push(isRaw)
  }
  resume(): void {}
  pause(): void {}
}

function ask(signal = new AbortController().signal): { keys: Keyboard; shown: PassThrough; answer: Promise<string> } {
  const [keys, shown] = [new Keyboard(), new PassThrough()]
  return { keys, shown, answer: askSecret('Password: ', { input: keys, output: shown, signal }) }
}

test.each<[string, string[], string]>([
  ['a line', ['s3cret\r'], 's3cret'],
  ['key by key', ['a', 'b', 'c', '\n'], 'abc'],
  ['backspace takes one character, whatever it is made of', ['aé😀\u007f\u007f', 'b\r'], 'ab'],
  ['backspace before anything', ['\u007fa\r'], 'a'],
  ['Ctrl+U takes everything', ['wrong\u0015right\r'], 'right'],
  ['arrows are no characters', ['a\u001b[Db\u001b[3~\u001bOAc\r'], 'abc'],
  ['what was pasted after the line is not part of it', ['one\rtwo\r'], 'one'],
  ['Ctrl+D ends what was typed', ['abc\u0004'], 'abc'],
  ['nothing', ['\r'], ''],
])('%s', async (_, keys, wanted) => {
  const asked = ask()
  for (const key of keys) asked.keys.emit('data', Buffer.from(key))
  expect(await asked.answer).toBe(wanted)
  expect(asked.keys.modes).toEqual([true, false])
  expect(String(asked.shown.read())).toBe('Password: \n')
})

test('a character that comes in two parts is one', async () => {
  const asked = ask()
  const bytes = Buffer.from('é\r')
  asked.keys.emit('data', bytes.subarray(0, 1))
  asked.keys.emit('data', bytes.subarray(1))
  expect(await asked.answer).toBe('é')
})

test.each([
  ['Ctrl+C', 'abc\u0003'],
  ['Ctrl+D before anything', '\u0004'],
])('%s leaves, and the terminal is as it was', async (_, keys) => {
  const asked = ask()
  asked.keys.emit('data', Buffer.from(keys))
  await expect(asked.answer).rejects.toMatchObject({ code: 'ABORTED' })
  expect([asked.keys.modes, asked.keys.listenerCount('data')]).toEqual([[true, false], 0])
})

test('an abort from outside leaves as well', async () => {
  const controller = new AbortController()
  const asked = ask(controller.signal)
  const reason = new Error('stop')
  controller.abort(reason)
  await expect(asked.answer).rejects.toBe(reason)
  expect(asked.keys.modes).toEqual([true, false])
})
