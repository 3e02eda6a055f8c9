import type { MapNode, Node } from './node.ts'
import type { Layout } from './write.ts'

/** The layout of a document, taken from its first nested object and its first list. */
export function layoutOf(root: Node, text: string): Layout {
  const found: Partial<Record<keyof Layout, number>> = {}
  visit(root, text, found)
  return { indent: found.indent ?? 2, flatLists: (found.flatLists ?? 0) === 0 }
}

/** Steps in columns; a flat list's step is 0. */
type Steps = Partial<Record<keyof Layout, number>>

function visit(node: Node, text: string, found: Steps): void {
  if (found.indent !== undefined && found.flatLists !== undefined) return
  if (node.kind === 'sequence') for (const item of node.items) visit(item, text, found)
  if (node.kind === 'map' && !node.flow) for (const entry of node.entries) visitEntry(entry, text, found)
}

function visitEntry({ key, value }: MapNode['entries'][number], text: string, found: Steps): void {
  const step = columnOf(text, value.start) - columnOf(text, key.start)
  if (value.kind === 'sequence' && !value.flow) found.flatLists ??= step
  if (value.kind === 'map' && !value.flow && step > 0) found.indent ??= step
  visit(value, text, found)
}

/** Columns from the start of the offset's line. */
export function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1)
}
