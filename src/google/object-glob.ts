import { classExpression, readCharacterClass } from '../support/index.ts'

/**
 * The names that a pattern of an object means, as Cloud Storage and gsutil read it: `*` and `?` stay between slashes, `**`
 * does not, and there are `[…]` and `{a,b}`. @internal
 */
export function matchesObject(pattern: string): (name: string) => boolean {
  const expression = new RegExp(`^${sourceOf(pattern)}$`, 'su')
  return (name) => expression.test(name)
}

const wild = /\*\*|\*|\?|\[[^\]]+\]|\{[^{}]*\}/g

function sourceOf(pattern: string): string {
  let source = ''
  let from = 0
  for (const { 0: token, index } of pattern.matchAll(wild)) {
    source += escape(pattern.slice(from, index)) + expressionOf(token)
    from = index + token.length
  }
  return source + escape(pattern.slice(from))
}

function expressionOf(token: string): string {
  if (token === '**') return '.*'
  if (token === '*') return '[^/]*'
  if (token === '?') return '[^/]'
  if (token.startsWith('{')) return `(?:${token.slice(1, -1).split(',').map(escape).join('|')})`
  return classExpression(readCharacterClass(token.slice(1, -1), '!'))
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)
}

/**
 * Where the objects of a bucket go that a pattern means, below a folder, as `gsutil cp -r` puts them: an object by the last
 * part of its name, a folder with everything in it; with `**` all folders are left out.
 * @returns paths by the names of objects
 */
export function localPaths(names: readonly string[], pattern: string): ReadonlyMap<string, string> {
  const [isExact, isBelow] = [matchesObject(pattern), matchesObject(recursive(pattern))]
  const depth = depthOf(pattern)
  const paths = new Map<string, string>()
  for (const name of names.filter((one) => !one.endsWith('/'))) {
    const parts = name.split('/')
    const own = parts.at(-1) ?? name
    if (isExact(name)) paths.set(name, own)
    else if (isBelow(name)) paths.set(name, pattern.includes('**') ? own : parts.slice(depth).join('/'))
  }
  return paths
}

/** A folder stands for all that is in it. */
function recursive(pattern: string): string {
  if (pattern === '' || pattern.endsWith('/')) return `${pattern}**`
  if (pattern.endsWith('**')) return pattern
  return pattern.endsWith('*') ? `${pattern}*` : `${pattern}/**`
}

/** How many folders stand before what is copied: those before the last part, and for `a/*` and `''` all that is written. */
function depthOf(pattern: string): number {
  if (pattern === '') return 0
  const parts = pattern.replace(/\/$/, '').split('/')
  return parts.length - 1
}

/** The part of a pattern that names begin with. */
export function literalPrefix(pattern: string): string {
  return /^[^*?[{]*/.exec(pattern)?.[0] ?? ''
}
