import { spend } from '../value.ts'
import { parseExpression, type Assertion } from './parse.ts'
import { compileExpression, type Instruction } from './program.ts'

/** Where groups begin and end, in characters: two numbers each, the whole first. */
export type Captures = readonly (number | undefined)[]

/**
 * A regular expression of Go. Its time grows with the length of text and pattern, whatever they are: all ways to match are gone
 * at once, none twice.
 * @see https://swtch.com/~rsc/regexp/regexp2.html
 */
export interface Matcher {
  readonly names: ReadonlyMap<string, number>
  /** The leftmost match at or behind a place, in a text of characters. */
  find(letters: readonly string[], from: number): Captures | undefined
}

/** Compiles a regular expression. Throws a template error for what is none. */
export function compileMatcher(pattern: string): Matcher {
  const { expression, names } = parseExpression(pattern)
  const program = compileExpression(expression)
  return { names, find: (letters, from) => find(program, letters, from) }
}

interface Thread {
  readonly at: number
  readonly captures: Captures
}

function find(program: readonly Instruction[], letters: readonly string[], from: number): Captures | undefined {
  let threads: readonly Thread[] = []
  let found: Captures | undefined
  for (let place = from; place <= letters.length; place += 1) {
    const started = found === undefined ? [...threads, { at: 0, captures: [] }] : threads
    const active = follow(program, started, { letters, place })
    spend(0, 1 + active.length / 16)
    const next: Thread[] = []
    for (const { at, captures } of active) {
      const instruction = program[at]
      if (instruction?.op === 'match') {
        // those behind are less preferred
        found = captures
        break
      }
      const letter = letters[place]
      if (instruction?.op === 'character' && letter !== undefined && instruction.test(letter)) {
        next.push({ at: at + 1, captures })
      }
    }
    threads = next
    if (threads.length === 0 && found !== undefined) return found
  }
  return found
}

interface Place {
  readonly letters: readonly string[]
  readonly place: number
}

/** Follows threads up to where a character is read or all is matched, each instruction once. */
function follow(program: readonly Instruction[], threads: readonly Thread[], where: Place): readonly Thread[] {
  const seen = new Uint8Array(program.length)
  const reached: Thread[] = []
  for (const thread of threads) {
    const open: Thread[] = [thread]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen[next.at] === 1) continue
      seen[next.at] = 1
      step(program, next, { open, reached, where })
    }
  }
  spend(0, program.length / 64)
  return reached
}

interface Walk {
  readonly open: Thread[]
  readonly reached: Thread[]
  readonly where: Place
}

function step(program: readonly Instruction[], thread: Thread, { open, reached, where }: Walk): void {
  const { at, captures } = thread
  const instruction = program[at]
  switch (instruction?.op) {
    case 'jump':
      open.push({ at: instruction.to, captures })
      return
    case 'split':
      open.push({ at: instruction.second, captures }, { at: instruction.first, captures })
      return
    case 'save':
      open.push({ at: at + 1, captures: saved(captures, instruction.slot, where.place) })
      return
    case 'assertion':
      if (holds(instruction.name, where)) open.push({ at: at + 1, captures })
      return
    case 'character':
    case 'match':
    case undefined:
      reached.push(thread)
  }
}

function saved(captures: Captures, slot: number, place: number): Captures {
  const changed = [...captures]
  changed[slot] = place
  return changed
}

function holds(name: Assertion, { letters, place }: Place): boolean {
  return conditions[name](letters[place - 1], letters[place])
}

/** What the characters before and behind a place have to be. */
const conditions: Readonly<Record<Assertion, (before: string | undefined, after: string | undefined) => boolean>> = {
  begin: (before) => before === undefined,
  beginLine: (before) => before === undefined || before === '\n',
  end: (_before, after) => after === undefined,
  endLine: (_before, after) => after === undefined || after === '\n',
  notWord: (before, after) => isWord(before) === isWord(after),
  word: (before, after) => isWord(before) !== isWord(after),
}

function isWord(letter: string | undefined): boolean {
  return letter !== undefined && /^\w$/.test(letter)
}
