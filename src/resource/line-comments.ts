import { constructFromEvents, parseEvents } from 'js-yaml'
import { parseWithTree } from './document.ts'
import { kubectlSchema } from './kubectl-schema.ts'
import { skipBlank, type Node, type ScalarNode, type SequenceNode } from './node.ts'
import type { Resource, ResourcePath } from './resource.ts'

/** A scalar or list with a comment at the end of its line; that of a list in block style stands after its key. */
export interface CommentedField {
  readonly path: ResourcePath
  /** From the `#` on. */
  readonly comment: string
  readonly kind: 'scalar' | 'list'
  /** Of a scalar, as it is meant; empty for a list. */
  readonly text: string
  /** A quoted scalar is a text whatever it looks like. */
  readonly isQuoted: boolean
}

/** The fields of a resource that have a comment on their line, in the order of the text. */
export function commentedFields(resource: Resource): readonly CommentedField[] {
  if (resource.format === 'json' || !resource.text.includes('#')) return []
  const root = parseWithTree(resource.text, resource.source)?.root
  return root === undefined ? [] : fieldsIn(root, resource.text, { path: [] })
}

/** What a plain scalar or a list in brackets means to kubectl. @throws YAMLException */
export function parsePlainValue(text: string): unknown {
  const [value] = constructFromEvents(parseEvents(text, {}), { source: text, schema: kubectlSchema })
  return value
}

interface Spot {
  readonly path: ResourcePath
  /** After the colon of a field's key. */
  readonly keyEnd?: number
}

function fieldsIn(node: Node, text: string, { path, keyEnd }: Spot): readonly CommentedField[] {
  if (node.kind === 'scalar') return scalarField(node, text, path)
  if (node.kind === 'map') {
    return node.entries.flatMap(({ key, value }) =>
      fieldsIn(value, text, {
        path: [...path, key.kind === 'scalar' ? key.value : ''],
        keyEnd: skipBlank(text, key.end) + 1,
      }),
    )
  }
  if (node.kind !== 'sequence') return []
  const items = node.items.flatMap((item, index) => fieldsIn(item, text, { path: [...path, index] }))
  return [...listField(node, text, { path, ...(keyEnd === undefined ? {} : { keyEnd }) }), ...items]
}

function scalarField(node: ScalarNode, text: string, path: ResourcePath): readonly CommentedField[] {
  const comment = node.style === 'block' || node.style === 'absent' ? undefined : commentAfter(text, node.end)
  if (comment === undefined) return []
  const isQuoted = node.style !== 'plain'
  return [{ path, comment, kind: 'scalar', text: node.value, isQuoted }]
}

function listField(node: SequenceNode, text: string, { path, keyEnd }: Spot): readonly CommentedField[] {
  const offset = node.flow ? node.end : keyEnd
  const comment = offset === undefined ? undefined : commentAfter(text, offset)
  return comment === undefined ? [] : [{ path, comment, kind: 'list', text: '', isQuoted: false }]
}

function commentAfter(text: string, offset: number): string | undefined {
  const lineEnd = text.indexOf('\n', offset)
  const rest = text.slice(offset, lineEnd === -1 ? undefined : lineEnd)
  return /^[ \t]+(#.*?)\s*$/.exec(rest)?.[1]
}
