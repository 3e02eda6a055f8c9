import { TemplateError } from './template-error.ts'
import { formatValue, isList, isMap, kindOf, spend, type Value, type ValueMap } from './value.ts'

/**
 * A function of the template language. `takes` has a letter per argument: `s` text only, `a` anything, `n` what can be
 * read as a number, `l` list, `m` dictionary; `*` behind the last letter allows any number of it, `?` one or none.
 */
export interface TemplateFunction {
  readonly takes: string
  readonly run: (args: Arguments, outside: Outside) => Value
}

/** What a function may reach outside of the template. */
export interface Outside {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Runs a program and gives what it printed. */
  readonly cmd?: (argv: readonly string[]) => string
  readonly now?: () => Date
}

/** Checked arguments, by index. */
export interface Arguments {
  readonly all: readonly Value[]
  readonly text: (index: number) => string
  readonly number: (index: number) => number
  /** Like `number`, cut to an integer as sprig does. */
  readonly integer: (index: number) => number
  readonly list: (index: number) => readonly Value[]
  readonly map: (index: number) => ValueMap
}

/** Calls a function with values; the one door through which all calls go. */
export type Call = (called: TemplateFunction, args: readonly Value[]) => Value

/** Checks number and kinds of the arguments, then calls. Throws {@link TemplateError} with no position. */
export function createCall(outside: Outside): Call {
  return (called, args) => {
    checkArguments(called.takes, args)
    const value = called.run(readArguments(args), outside)
    spend(0, costOf(value))
    return value
  }
}

/** Long results are made slowly. */
function costOf(value: Value): number {
  if (typeof value === 'string') return 1 + value.length / 64
  return isList(value) ? 1 + value.length / 8 : 1
}

/** A {@link TemplateError} whose position is that of the call. */
export function failure(reason: string): TemplateError {
  return new TemplateError(reason, -1)
}

/** A value as sprig turns it into text. */
export function toText(value: Value): string {
  return value === undefined || value === null ? '' : formatValue(value)
}

/** A value as sprig turns it into a number: what is none is 0. */
export function toNumber(value: Value): number {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || value.trim() !== value || value === '') return 0
  const number = Number(value)
  return Number.isNaN(number) ? 0 : number
}

function checkArguments(takes: string, args: readonly Value[]): void {
  const letters = takes.replace(/[*?]$/, '')
  const last = takes.slice(letters.length)
  const least = last === '' ? letters.length : letters.length - 1
  const most = last === '*' ? Infinity : letters.length
  if (args.length < least || args.length > most) {
    const wanted = most === least ? String(least) : `at least ${least}`
    throw failure(`wrong number of args: want ${wanted} got ${args.length}`)
  }
  for (const [index, value] of args.entries()) checkKind(letters[index] ?? letters.at(-1) ?? 'a', value)
}

function checkKind(letter: string, value: Value): void {
  const wrong =
    (letter === 's' && typeof value !== 'string') ||
    (letter === 'l' && !isList(value)) ||
    (letter === 'm' && !isMap(value))
  if (!wrong) return
  const wanted = { s: 'string', l: 'list', m: 'dictionary' }[letter] ?? 'value'
  throw failure(
    value === undefined || value === null
      ? `it takes a ${wanted}, and the value is missing`
      : `it takes a ${wanted}, not ${kindOf(value)} ${formatValue(value)}`,
  )
}

function readArguments(all: readonly Value[]): Arguments {
  return {
    all,
    text: (index) => toText(all[index]),
    number: (index) => toNumber(all[index]),
    integer: (index) => Math.trunc(toNumber(all[index])),
    list: (index) => {
      const value = all[index]
      return isList(value) ? value : []
    },
    map: (index) => {
      const value = all[index]
      return isMap(value) ? value : new Map()
    },
  }
}
