import type { TemplateFunction } from './function.ts'
import { compileMatcher, type Captures, type Matcher } from './regex.ts'

/** Sprig's functions on regular expressions. */
export const regexFunctions: Readonly<Record<string, TemplateFunction>> = {
  regexFind: {
    takes: 'ss',
    run: ({ text }) => {
      const subject = text(1)
      const found = compileMatcher(text(0)).find(subject, 0)
      return found === undefined ? '' : slice(subject, found)
    },
  },
  regexFindAll: {
    takes: 'ssn',
    run: ({ text, integer }) => {
      const subject = text(1)
      return findAll(compileMatcher(text(0)), subject, integer(2)).map((found) => slice(subject, found))
    },
  },
  regexMatch: { takes: 'ss', run: ({ text }) => compileMatcher(text(0)).find(text(1), 0) !== undefined },
  regexQuoteMeta: { takes: 's', run: ({ text }) => text(0).replaceAll(/[\\.+*?()|[\]{}^$]/g, (found) => `\\${found}`) },
  regexReplaceAll: {
    takes: 'sss',
    run: ({ text }) => {
      const matcher = compileMatcher(text(0))
      const subject = text(1)
      return replaceAll(matcher, subject, (found) => expand(text(2), { matcher, subject, found }))
    },
  },
  regexReplaceAllLiteral: {
    takes: 'sss',
    run: ({ text }) => replaceAll(compileMatcher(text(0)), text(1), () => text(2)),
  },
  regexSplit: { takes: 'ssn', run: ({ text, integer }) => split(text(0), text(1), integer(2)) },
}

function slice(subject: string, found: Captures, group = 0): string {
  const [from, to] = [found[group * 2], found[group * 2 + 1]]
  return from === undefined || to === undefined ? '' : subject.slice(from, to)
}

/** An empty match right behind another does not count, as in Go. */
function findAll(matcher: Matcher, subject: string, count: number): readonly Captures[] {
  const all: Captures[] = []
  const most = count < 0 ? Infinity : count
  let [place, lastEnd] = [0, -1]
  for (; place <= subject.length && all.length < most;) {
    const found = matcher.find(subject, place)
    if (found === undefined) break
    const [from = 0, to = 0] = found
    if (to > place || from !== lastEnd) all.push(found)
    place = to > place ? to : place + ((subject.codePointAt(place) ?? 0) > 0xffff ? 2 : 1)
    lastEnd = to
  }
  return all
}

function replaceAll(matcher: Matcher, subject: string, by: (found: Captures) => string): string {
  let replaced = ''
  let end = 0
  for (const found of findAll(matcher, subject, -1)) {
    const [from = 0, to = 0] = found
    replaced += subject.slice(end, from) + by(found)
    end = to
  }
  return replaced + subject.slice(end)
}

interface Expansion {
  readonly matcher: Matcher
  readonly subject: string
  readonly found: Captures
}

/** Go expands `$name` as far as the name goes: `$1x` is the group "1x", which is not there. */
function expand(template: string, { matcher, subject, found }: Expansion): string {
  return template.replaceAll(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
    if (whole === '$$') return '$'
    const name = braced ?? bare ?? ''
    const group = /^\d+$/.test(name) ? Number(name) : matcher.names.get(name)
    return group === undefined ? '' : slice(subject, found, group)
  })
}

function split(pattern: string, text: string, count: number): readonly string[] {
  if (count === 0) return []
  if (pattern !== '' && text === '') return ['']
  const subject = text
  const parts: string[] = []
  let [begin, end] = [0, 0]
  for (const [from = 0, to = 0] of findAll(compileMatcher(pattern), subject, count)) {
    if (count > 0 && parts.length === count - 1) break
    end = from
    if (to !== 0) parts.push(subject.slice(begin, end))
    begin = to
  }
  if (end !== subject.length) parts.push(subject.slice(begin))
  return parts
}
