import { classExpression, readCharacterClass } from '../support/index.ts'

/**
 * A pattern of skaffold.yaml as a test of paths with slashes: `*` and `?` stay within a name, `**` goes any depth, and
 * `[…]` and `{…,…}` are as usual.
 * @see https://github.com/bmatcuk/doublestar
 */
export function compileGlob(pattern: string): (path: string) => boolean {
  const expression = new RegExp(`^${translate(pattern.replace(/^\.\//, ''))}$`, 'su')
  return (path) => expression.test(path)
}

const tokens = /\*\*\/|\*\*|\*|\?|\[[^\]]+\]|\{[^{}]*\}|\\.|[^*?[{\\]+|./g

function translate(pattern: string): string {
  return [...pattern.matchAll(tokens)].map(([token]) => translateToken(token)).join('')
}

function translateToken(token: string): string {
  switch (token) {
    case '**/':
      return '(?:[^/]+/)*'
    case '**':
      return '.*'
    case '*':
      return '[^/]*'
    case '?':
      return '[^/]'
    default:
      return translateLonger(token)
  }
}

function translateLonger(token: string): string {
  if (token.length > 1 && token.startsWith('[')) return classExpression(readCharacterClass(token.slice(1, -1), '!^'))
  if (token.length > 1 && token.startsWith('{')) {
    const choices = token.slice(1, -1).split(',').map(translate)
    return `(?:${choices.join('|')})`
  }
  const text = token.length === 2 && token.startsWith('\\') ? token.slice(1) : token
  return text.replaceAll(/[.+^$()|[\]{}\\*?]/g, String.raw`\$&`)
}
