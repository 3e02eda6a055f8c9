import { parseEvents, YAMLException, type Event } from 'js-yaml'

/** The events of a YAML text, and where their offsets are in the file. */
export interface ParsedEvents {
  readonly events: readonly Event[]
  /** What the offsets of the events are in. */
  readonly text: string
  readonly toFile: (offset: number) => number
}

/** The text is not YAML; `at` is an offset of the file. */
export interface YamlFailure {
  readonly reason: string
  readonly at: number
}

const maxDepth = 100
const mostMoves = 200
const mostSpaces = 20

/**
 * Parses YAML. Skaffold's parser takes flow collections whose lines are not indented, `args: [` … `]` for instance; YAML 1.2
 * does not. Such lines are moved to the right before they are parsed.
 */
export function parseYaml(text: string): ParsedEvents | YamlFailure {
  const moves: Move[] = []
  let moved = text
  let first: YamlFailure | undefined
  for (;;) {
    const result = tryParse(moved)
    if ('events' in result) return { events: result.events, text: moved, toFile: (offset) => toFile(moves, offset) }
    const next = moves.length < mostMoves ? moveLine(moved, result.at) : undefined
    // Later complaints are about what was made of the file.
    first ??= result
    if (next === undefined) return first
    moves.push(next.move)
    moved = next.text
  }
}

interface Move {
  /** Offset in the text as it was before this move. */
  readonly at: number
  readonly spaces: number
}

function tryParse(text: string): { readonly events: readonly Event[] } | YamlFailure {
  try {
    return { events: parseEvents(text, { maxDepth }) }
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error
    return { reason: error.reason, at: Math.min(error.mark?.position ?? 0, text.length) }
  }
}

/** Indents the line of an error until the error is gone or on a later line. */
function moveLine(text: string, at: number): { readonly text: string; readonly move: Move } | undefined {
  const lineStart = text.lastIndexOf('\n', at - 1) + 1
  const isFirstOfLine = text.slice(lineStart, at).trim() === ''
  if (!isFirstOfLine || !/[[{]/.test(text.slice(0, lineStart))) return undefined
  const lineEnd = text.indexOf('\n', at) === -1 ? text.length : text.indexOf('\n', at)
  for (let spaces = 1; spaces <= mostSpaces; spaces += 1) {
    const moved = `${text.slice(0, lineStart)}${' '.repeat(spaces)}${text.slice(lineStart)}`
    const result = tryParse(moved)
    if ('events' in result || result.at > lineEnd + spaces) return { text: moved, move: { at: lineStart, spaces } }
  }
  return undefined
}

function toFile(moves: readonly Move[], offset: number): number {
  return moves.reduceRight(
    (at, move) => (at < move.at + move.spaces ? Math.min(at, move.at) : at - move.spaces),
    offset,
  )
}
