import { failure } from '../function.ts'
import { readClass, readEscape, type CharacterTest } from './characters.ts'

/** A regular expression, taken apart. */
export type Expression =
  | { readonly kind: 'character'; readonly test: CharacterTest }
  | { readonly kind: 'assertion'; readonly name: Assertion }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Expression[] }
  | { readonly kind: 'group'; readonly index: number; readonly body: Expression }
  | {
      readonly kind: 'repeat'
      readonly body: Expression
      readonly least: number
      readonly most: number
      readonly isGreedy: boolean
    }

export type Assertion = 'begin' | 'beginLine' | 'end' | 'endLine' | 'notWord' | 'word'

export interface ParsedExpression {
  readonly expression: Expression
  /** How many groups are captured, the whole not counted. */
  readonly groups: number
  readonly names: ReadonlyMap<string, number>
}

/** `(?i)` and its like. */
interface Flags {
  readonly i: boolean
  readonly m: boolean
  readonly s: boolean
  readonly U: boolean
}

const mostNested = 200
const mostRepeated = 1000

/**
 * Parses a regular expression of Go. Throws a template error for what is none.
 * @see https://pkg.go.dev/regexp/syntax
 */
export function parseExpression(pattern: string): ParsedExpression {
  const reader = new Reader(pattern)
  const expression = reader.choice({ i: false, m: false, s: false, U: false }, 0)
  if (!reader.isAtEnd()) reader.fail('unexpected )')
  return { expression, groups: reader.groups, names: reader.names }
}

class Reader {
  readonly names = new Map<string, number>()
  groups = 0
  readonly #pattern: string
  #at = 0

  constructor(pattern: string) {
    this.#pattern = pattern
  }

  isAtEnd(): boolean {
    return this.#at >= this.#pattern.length
  }

  fail(reason: string): never {
    throw failure(`error parsing regexp: ${reason}: ${JSON.stringify(this.#pattern)}`)
  }

  choice(flags: Flags, depth: number): Expression {
    if (depth > mostNested) this.fail('expression nests too deeply')
    const parts = [this.#sequence(flags, depth)]
    while (this.#take('|')) parts.push(this.#sequence(flags, depth))
    const [only] = parts
    return parts.length === 1 && only !== undefined ? only : { kind: 'choice', parts }
  }

  #sequence(given: Flags, depth: number): Expression {
    const parts: Expression[] = []
    let flags = given
    while (!this.isAtEnd() && !/^[|)]/.test(this.#rest())) {
      const changed = /^\(\?([imsU]*)(?:-([imsU]+))?\)/.exec(this.#rest())
      if (changed === null) parts.push(this.#repeated(this.#atom(flags, depth), flags))
      else {
        this.#at += changed[0].length
        flags = withFlags(flags, changed[1], changed[2])
      }
    }
    return { kind: 'sequence', parts }
  }

  #atom(flags: Flags, depth: number): Expression {
    const rest = this.#rest()
    if (rest.startsWith('(')) return this.#group(flags, depth)
    if (this.#take('^')) return { kind: 'assertion', name: flags.m ? 'beginLine' : 'begin' }
    if (this.#take('$')) return { kind: 'assertion', name: flags.m ? 'endLine' : 'end' }
    if (this.#take('.')) return { kind: 'character', test: (letter) => flags.s || letter !== '\n' }
    if (/^[*+?]/.test(rest)) this.fail('missing argument to repetition operator')
    const assertion = assertions[rest.slice(0, 2)]
    if (assertion !== undefined) {
      this.#at += 2
      return { kind: 'assertion', name: assertion }
    }
    if (this.#take('\\Q')) return this.#literal(flags)
    return this.#character(flags)
  }

  #character(flags: Flags): Expression {
    const rest = this.#rest()
    const isClass = rest.startsWith('[')
    const isWritten = isClass || rest.startsWith('\\')
    const readOne = isClass ? readClass : readEscape
    const read = isWritten ? readOne(rest) : undefined
    if (read === undefined && isWritten) this.fail('invalid character class or escape sequence')
    if (read !== undefined) {
      this.#at += read.length
      return { kind: 'character', test: folded(read.test, flags) }
    }
    const letter = String.fromCodePoint(rest.codePointAt(0) ?? 0)
    this.#at += letter.length
    return { kind: 'character', test: folded((other) => other === letter, flags) }
  }

  #literal(flags: Flags): Expression {
    const [text = ''] = this.#rest().split('\\E')
    this.#at = Math.min(this.#pattern.length, this.#at + text.length + 2)
    const parts = Array.from(text, (letter): Expression => {
      return { kind: 'character', test: folded((other) => other === letter, flags) }
    })
    return { kind: 'sequence', parts }
  }

  #group(flags: Flags, depth: number): Expression {
    const [opening = '('] = /^\((?:\?(?:P?<\w+>|[imsU]*(?:-[imsU]+)?:))?/.exec(this.#rest()) ?? []
    this.#at += opening.length
    if (this.#rest().startsWith('?')) this.fail('invalid or unsupported Perl syntax')
    const [, on, off] = /^\(\?([imsU]*)(?:-([imsU]+))?:$/.exec(opening) ?? []
    const isCaptured = !opening.endsWith(':')
    if (isCaptured) this.groups += 1
    const index = this.groups
    const [, name] = /<(\w+)>/.exec(opening) ?? []
    if (name !== undefined) {
      if (this.names.has(name)) this.fail('duplicate capture group name')
      this.names.set(name, index)
    }
    const body = this.choice(withFlags(flags, on, off), depth + 1)
    if (!this.#take(')')) this.fail('missing closing )')
    return isCaptured ? { kind: 'group', index, body } : body
  }

  #repeated(body: Expression, flags: Flags): Expression {
    const [found, sign, from = '', to] = /^(?:([*+?])|\{(\d+)(,\d*)?\})/.exec(this.#rest()) ?? []
    if (found === undefined) return body
    this.#at += found.length
    const isLazy = this.#take('?')
    if (/^(?:[*+?]|\{\d+(?:,\d*)?\})/.test(this.#rest())) this.fail('invalid nested repetition operator')
    const { least, most } = sign === undefined ? this.#counts(from, to) : (signs[sign] ?? { least: 0, most: Infinity })
    return { kind: 'repeat', body, least, most, isGreedy: isLazy === flags.U }
  }

  /** `{2}`, `{2,}` and `{2,3}`. */
  #counts(from: string, to = `,${from}`): Counts {
    const least = Number(from)
    const most = to === ',' ? Infinity : Number(to.slice(1))
    const largest = most === Infinity ? least : most
    if (largest > mostRepeated || most < least) this.fail('invalid repeat count')
    return { least, most }
  }

  #take(text: string): boolean {
    if (!this.#pattern.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  #rest(): string {
    return this.#pattern.slice(this.#at)
  }
}

interface Counts {
  readonly least: number
  readonly most: number
}

const signs: Readonly<Record<string, Counts>> = {
  '*': { least: 0, most: Infinity },
  '+': { least: 1, most: Infinity },
  '?': { least: 0, most: 1 },
}

const assertions: Readonly<Record<string, Assertion>> = {
  '\\A': 'begin',
  '\\z': 'end',
  '\\b': 'word',
  '\\B': 'notWord',
}

function withFlags(flags: Flags, on = '', off = ''): Flags {
  const change = (name: keyof Flags): boolean => (flags[name] || on.includes(name)) && !off.includes(name)
  return { i: change('i'), m: change('m'), s: change('s'), U: change('U') }
}

function folded(test: CharacterTest, { i }: Flags): CharacterTest {
  return i ? (letter) => test(letter) || test(letter.toLowerCase()) || test(letter.toUpperCase()) : test
}
