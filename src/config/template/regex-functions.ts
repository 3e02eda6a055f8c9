import type { TemplateFunction } from './function.ts'
import { compileMatcher, type Captures, type Matcher } from './regex/match.ts'

/** Sprig's functions on regular expressions. */
export const regexFunctions: Readonly<Record<string, TemplateFunction>> = {
  regexFind: {
    takes: 'ss',
    run: ({ text }) => {
      const letters = Array.from(text(1))
      const found = compileMatcher(text(0)).find(letters, 0)
      return found === undefined ? '' : slice(letters, found)
    },
  },
  regexFindAll: {
    takes: 'ssn',
    run: ({ text, integer }) => {
      const letters = Array.from(text(1))
      return findAll(compileMatcher(text(0)), letters, integer(2)).map((found) => slice(letters, found))
    },
  },
  regexMatch: { takes: 'ss', run: ({ text }) => compileMatcher(text(0)).find(Array.from(text(1)), 0) !== undefined },
  regexQuoteMeta: { takes: 's', run: ({ text }) => text(0).replaceAll(/[\\.+*?()|[\]{}^$]/g, (found) => `\\${found}`) },
  regexReplaceAll: {
    takes: 'sss',
    run: ({ text }) => {
      const matcher = compileMatcher(text(0))
      const letters = Array.from(text(1))
      return replaceAll(matcher, letters, (found) => expand(text(2), { matcher, letters, found }))
    },
  },
  regexReplaceAllLiteral: {
    takes: 'sss',
    run: ({ text }) => replaceAll(compileMatcher(text(0)), Array.from(text(1)), () => text(2)),
  },
  regexSplit: { takes: 'ssn', run: ({ text, integer }) => split(text(0), text(1), integer(2)) },
}

function slice(letters: readonly string[], found: Captures, group = 0): string {
  const [from, to] = [found[group * 2], found[group * 2 + 1]]
  return from === undefined || to === undefined ? '' : letters.slice(from, to).join('')
}

/** An empty match right behind another does not count, as in Go. */
function findAll(matcher: Matcher, letters: readonly string[], count: number): readonly Captures[] {
  const all: Captures[] = []
  const most = count < 0 ? Infinity : count
  let [place, lastEnd] = [0, -1]
  for (; place <= letters.length && all.length < most;) {
    const found = matcher.find(letters, place)
    if (found === undefined) break
    const [from = 0, to = 0] = found
    if (to > place || from !== lastEnd) all.push(found)
    place = to > place ? to : place + 1
    lastEnd = to
  }
  return all
}

function replaceAll(matcher: Matcher, letters: readonly string[], by: (found: Captures) => string): string {
  let replaced = ''
  let end = 0
  for (const found of findAll(matcher, letters, -1)) {
    const [from = 0, to = 0] = found
    replaced += letters.slice(end, from).join('') + by(found)
    end = to
  }
  return replaced + letters.slice(end).join('')
}

interface Expansion {
  readonly matcher: Matcher
  readonly letters: readonly string[]
  readonly found: Captures
}

/** Go expands `$name` as far as the name goes: `$1x` is the group "1x", which is not there. */
function expand(template: string, { matcher, letters, found }: Expansion): string {
  return template.replaceAll(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
    if (whole === '$$') return '$'
    const name = braced ?? bare ?? ''
    const group = /^\d+$/.test(name) ? Number(name) : matcher.names.get(name)
    return group === undefined ? '' : slice(letters, found, group)
  })
}

function split(pattern: string, text: string, count: number): readonly string[] {
  if (count === 0) return []
  if (pattern !== '' && text === '') return ['']
  const letters = Array.from(text)
  const parts: string[] = []
  let [begin, end] = [0, 0]
  for (const [from = 0, to = 0] of findAll(compileMatcher(pattern), letters, count)) {
    if (count > 0 && parts.length === count - 1) break
    end = from
    if (to !== 0) parts.push(letters.slice(begin, end).join(''))
    begin = to
  }
  if (end !== letters.length) parts.push(letters.slice(begin).join(''))
  return parts
}
