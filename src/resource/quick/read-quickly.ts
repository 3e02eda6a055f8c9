import type { Node } from '../node.ts'
import { readBlock } from './block.ts'
import { readFlow } from './flow.ts'
import { createScanner, endLine, goToContent, type Scanner } from './scanner.ts'

/** Tabs, carriage returns and rare characters have meanings that this parser does not know. */
const rare = /[^\n\u0020-\u007e\u00a1-\u2027\u202a-\ud7ff\uf900-\ufdcf\ufdf0-\ufefe\uff01-\uff9f]/

/** Markers of documents and directives start at the first column. */
function isUnusual(text: string): boolean {
  if (/^(?:---|\.\.\.|%)/.test(text) || text.endsWith(' ')) return true
  return text.includes('\n---') || text.includes('\n...') || text.includes('\n%') || rare.test(text)
}

/**
 * The value of a document as kubectl reads it, many times as fast as by the parser for all of YAML; undefined for a text
 * that is not written in the plain way that most manifests are, or not well: anchors, tags, scalars over several lines
 * other than block scalars. What it does read, it reads as that parser does: a property test holds it to that.
 */
export function readValueQuickly(text: string): { readonly value: unknown } | undefined {
  const scanner = read(text, { hasNodes: false })
  return scanner === undefined ? undefined : { value: scanner.value }
}

/** The tree of a document with the offsets of its nodes. See {@link readValueQuickly}. */
export function readTreeQuickly(text: string): { readonly root: Node; readonly value: unknown } | undefined {
  const scanner = read(text, { hasNodes: true })
  return scanner === undefined ? undefined : { root: scanner.node, value: scanner.value }
}

function read(text: string, options: { readonly hasNodes: boolean }): Scanner | undefined {
  if (isUnusual(text)) return undefined
  const scanner = createScanner(text, options)
  if (goToContent(scanner) !== 0) return undefined
  const first = text[scanner.at]
  const isFlow = first === '{' || first === '['
  const isRead = isFlow
    ? readFlow(scanner, 0) && endLine(scanner) && goToContent(scanner) === -1
    : readBlock(scanner, 0) && scanner.column === -1
  return isRead ? scanner : undefined
}
