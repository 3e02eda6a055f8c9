import type { Node, ScalarNode } from '../node.ts'

/** Reads a text from its start to its end. */
export interface Scanner {
  readonly text: string
  at: number
  /** Of the line that `at` is on, where that is at its content; -1 at the end of the text. */
  column: number
  /** Of the node that was read last. */
  value: unknown
  /** The node that was read last; one that says nothing when only values are wanted. */
  node: Node
  readonly hasNodes: boolean
  depth: number
}

/** Deeper ones are left to the other parser, which has a limit. */
export const maxDepth = 60

const silent: ScalarNode = { kind: 'scalar', style: 'plain', value: '', start: 0, end: 0, outerStart: 0 }

export function createScanner(text: string, { hasNodes }: { readonly hasNodes: boolean }): Scanner {
  return { text, at: 0, column: 0, value: undefined, node: silent, hasNodes, depth: 0 }
}

/** Takes note of a scalar that ends where the scanner is. */
export function noteScalar(
  scanner: Scanner,
  style: ScalarNode['style'],
  scalar: { start: number; text: string },
): void {
  if (!scanner.hasNodes) return
  const { start, text } = scalar
  scanner.node = { kind: 'scalar', style, value: text, start, end: scanner.at, outerStart: start }
}

export const code = { newline: 10, space: 32, hash: 35, dash: 45, colon: 58 } as const

/** Whether there is a blank, the end of a line or of the text at an offset. */
export function isGap(text: string, at: number): boolean {
  const found = text.charCodeAt(at)
  return found === code.space || found === code.newline || at >= text.length
}

export function skipSpaces(scanner: Scanner): void {
  while (scanner.text.charCodeAt(scanner.at) === code.space) scanner.at += 1
}

/** Goes over blanks and a comment to the next line; false where something else stands there. */
export function endLine(scanner: Scanner): boolean {
  skipSpaces(scanner)
  const { text, at } = scanner
  if (at >= text.length) return true
  const found = text.charCodeAt(at)
  if (found === code.newline) {
    scanner.at = at + 1
    return true
  }
  if (found !== code.hash || text.charCodeAt(at - 1) !== code.space) return false
  const end = text.indexOf('\n', at)
  scanner.at = end === -1 ? text.length : end + 1
  return true
}

/** From the start of a line goes to the first line that has more than a comment, and says its column. */
export function goToContent(scanner: Scanner): number {
  const { text } = scanner
  let start = scanner.at
  for (;;) {
    let at = start
    while (text.charCodeAt(at) === code.space) at += 1
    const found = text.charCodeAt(at)
    if (found !== code.newline && found !== code.hash) {
      scanner.at = at
      scanner.column = at >= text.length ? -1 : at - start
      return scanner.column
    }
    const end = found === code.newline ? at : text.indexOf('\n', at)
    start = end === -1 ? text.length : end + 1
  }
}
