import { createRequire } from 'node:module'
import type * as Re2 from 're2js'
import { spend } from './value.ts'
import { TemplateError } from './template-error.ts'

/** Where groups begin and end, in UTF-16 units: two numbers each, the whole first. */
export type Captures = readonly (number | undefined)[]

/** A regular expression of Go, whose time grows with the length of text and pattern only. */
export interface Matcher {
  readonly names: ReadonlyMap<string, number>
  /** The leftmost match at or behind a place. */
  find(text: string, from: number): Captures | undefined
}

const load = createRequire(import.meta.url)

/** Compiles a regular expression. Throws a template error for what is none. */
export function compileMatcher(pattern: string): Matcher {
  // tables of Unicode are worth loading only where a template asks for a regular expression, in the middle of rendering
  const { RE2JS }: typeof Re2 = load('re2js')
  const compiled = compile(() => RE2JS.compile(pattern))
  return {
    names: new Map(Object.entries(compiled.namedGroups())),
    find: (text, from) => {
      spend(0, 1 + (text.length - from) / 16)
      const matcher = compiled.matcher(text)
      if (!matcher.find(from)) return undefined
      return Array.from({ length: matcher.groupCount() + 1 }, (_, group) => {
        const [start, end] = [matcher.start(group), matcher.end(group)]
        return start < 0 ? [undefined, undefined] : [start, end]
      }).flat()
    },
  }
}

function compile(run: () => Re2.RE2JS): Re2.RE2JS {
  try {
    return run()
  } catch (error) {
    throw new TemplateError(error instanceof Error ? error.message : String(error), -1)
  }
}
