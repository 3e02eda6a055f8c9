import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { failure, type Arguments, type TemplateFunction } from './function.ts'

const digits = '0123456789'
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('')
const mostCharacters = 1024 * 1024

/** Sprig's functions on chance. */
export const randomFunctions: Readonly<Record<string, TemplateFunction>> = {
  randAlpha: { takes: 'n', run: (args) => randomText(args, letters) },
  randAlphaNum: { takes: 'n', run: (args) => randomText(args, letters + digits) },
  randAscii: { takes: 'n', run: (args) => randomText(args, printable) },
  randBytes: { takes: 'n', run: ({ integer }) => randomBytes(countOf(integer(0))).toString('base64') },
  randInt: { takes: 'nn', run: ({ integer }) => randomNumber(integer(0), integer(1)) },
  randNumeric: { takes: 'n', run: (args) => randomText(args, digits) },
  shuffle: { takes: 's', run: ({ text }) => shuffle(text(0)) },
  uuidv4: { takes: '', run: () => randomUUID() },
}

function randomText({ integer }: Arguments, from: string): string {
  return Array.from({ length: countOf(integer(0)) }, () => from[randomInt(from.length)]).join('')
}

function countOf(count: number): number {
  if (!(count >= 0 && count <= mostCharacters)) throw failure(`a count from 0 to ${mostCharacters} is needed`)
  return count
}

function randomNumber(from: number, to: number): number {
  if (!(from < to && to - from < 2 ** 48)) throw failure(`there is no number from ${from} to below ${to}`)
  return from + randomInt(to - from)
}

function shuffle(text: string): string {
  const letters = Array.from(text)
  for (let last = letters.length - 1; last > 0; last -= 1) {
    const other = randomInt(last + 1)
    const [a = '', b = ''] = [letters[last], letters[other]]
    letters[last] = b
    letters[other] = a
  }
  return letters.join('')
}
