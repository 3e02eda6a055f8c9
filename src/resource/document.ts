import { constructFromEvents, parseEvents, YAMLException } from 'js-yaml'
import { ToolError } from '../errors/index.ts'
import { kubectlSchema } from './kubectl-schema.ts'
import { buildTree, type Node } from './node.ts'
import { readTreeQuickly, readValueQuickly } from './quick/read-quickly.ts'

/** One parsed document: the tree with offsets and the plain value. */
export interface ParsedDocument {
  /** Made when it is first asked for. */
  readonly root: Node
  readonly value: unknown
}

/** Where a document's text starts in its file, 1-based. */
export interface DocumentPlace {
  readonly file: string
  readonly line: number
  readonly column: number
}

/**
 * Parses one document's text.
 * @throws RESOURCE_INVALID with file, line and column
 */
export function parseDocument(text: string, place: DocumentPlace): ParsedDocument | undefined {
  const quick = readValueQuickly(text)
  if (quick === undefined) return parseFully(text, place)
  return {
    value: quick.value,
    get root() {
      return parseWithTree(text, place)?.root ?? nothing
    },
  }
}

/** Like {@link parseDocument}, for those who will ask for the tree. */
export function parseWithTree(text: string, place: DocumentPlace): ParsedDocument | undefined {
  return readTreeQuickly(text) ?? parseFully(text, place)
}

const nothing: Node = { kind: 'scalar', style: 'absent', value: '', start: 0, end: 0, outerStart: 0 }

function parseFully(text: string, place: DocumentPlace): ParsedDocument | undefined {
  try {
    const events = parseEvents(text, {})
    const root = buildTree(text, events, (offset, reason) => {
      throw invalid(reason, place, { text, offset })
    })
    if (root === undefined || (root.kind === 'scalar' && root.style === 'absent')) return undefined
    const [value] = constructFromEvents(events, { source: text, schema: kubectlSchema })
    return { root, value }
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error
    throw invalid(error.reason, place, { text, offset: error.mark?.position ?? 0, cause: error })
  }
}

/** A RESOURCE_INVALID error that points at an offset of a document. */
export function invalid(
  reason: string,
  place: DocumentPlace,
  spot: { readonly text: string; readonly offset: number; readonly cause?: YAMLException },
): ToolError {
  return new ToolError('RESOURCE_INVALID', `${place.file} is not a valid Kubernetes manifest: ${reason}`, {
    where: whereInDocument(place, spot.text, spot.offset),
    hint: 'correct the manifest at that place',
    ...(spot.cause === undefined ? {} : { cause: spot.cause }),
  })
}

/** `file:line:column` of an offset. */
export function whereInDocument(place: DocumentPlace, text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n')
  const line = place.line + before.length - 1
  // A list item's text was moved to the left by the column it had.
  const column = (before.at(-1)?.length ?? 0) + place.column
  return `${place.file}:${line}:${column}`
}
