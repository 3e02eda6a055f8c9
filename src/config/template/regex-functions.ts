import { failure, type TemplateFunction } from './function.ts'

/** Sprig's functions on regular expressions, which Go spells almost as JavaScript does. */
export const regexFunctions: Readonly<Record<string, TemplateFunction>> = {
  regexFind: { takes: 'ss', run: ({ text }) => compile(text(0)).exec(text(1))?.[0] ?? '' },
  regexFindAll: {
    takes: 'ssn',
    run: ({ text, integer }) =>
      limited(
        [...text(1).matchAll(compile(text(0)))].map((match) => match[0]),
        integer(2),
      ),
  },
  regexMatch: { takes: 'ss', run: ({ text }) => compile(text(0)).test(text(1)) },
  regexReplaceAll: { takes: 'sss', run: ({ text }) => text(1).replaceAll(compile(text(0)), expand(text(2))) },
  regexReplaceAllLiteral: { takes: 'sss', run: ({ text }) => text(1).replaceAll(compile(text(0)), () => text(2)) },
  regexSplit: { takes: 'ssn', run: ({ text, integer }) => split(text(1), compile(text(0)), integer(2)) },
}

/** A Go regular expression as a JavaScript one. Throws a template error when it is none. */
function compile(pattern: string): RegExp {
  const flags = /^\(\?([ims]+)\)/.exec(pattern)
  const source = pattern
    .slice(flags?.[0].length ?? 0)
    .replaceAll('(?P<', '(?<')
    .replaceAll('\\z', '$')
    .replaceAll('\\A', '^')
  try {
    return new RegExp(source, `g${flags?.[1] ?? ''}`)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw failure(`${JSON.stringify(pattern)} is no regular expression that is understood here`)
  }
}

/** Go expands `$name` as far as the name goes: `$1x` is the group "1x", which is not there. */
function expand(template: string): (...match: unknown[]) => string {
  return (...match) => {
    const groups = match.at(-1)
    const named = typeof groups === 'object' && groups !== null ? new Map(Object.entries(groups)) : new Map()
    return template.replaceAll(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
      if (whole === '$$') return '$'
      const name = braced ?? bare ?? ''
      const found = /^\d+$/.test(name) ? match[Number(name)] : named.get(name)
      return typeof found === 'string' ? found : ''
    })
  }
}

function split(text: string, pattern: RegExp, count: number): readonly string[] {
  if (count === 0) return []
  const parts: string[] = []
  let from = 0
  for (const match of text.matchAll(pattern)) {
    if (count > 0 && parts.length === count - 1) break
    parts.push(text.slice(from, match.index))
    from = match.index + match[0].length
  }
  return [...parts, text.slice(from)]
}

function limited(found: readonly string[], count: number): readonly string[] {
  return count < 0 ? found : found.slice(0, count)
}
