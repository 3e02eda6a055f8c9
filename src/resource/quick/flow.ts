import type { MapNode, Node, SequenceNode } from '../node.ts'
import { readKey, readPlain, readQuoted } from './scalars.ts'
import { code, maxDepth, type Scanner } from './scanner.ts'

/** Reads `{…}` or `[…]`; what is on further lines has to stand at least at a column. */
export function readFlow(scanner: Scanner, minColumn: number): boolean {
  if (scanner.depth >= maxDepth) return false
  scanner.depth += 1
  const isRead = scanner.text[scanner.at] === '{' ? readMap(scanner, minColumn) : readList(scanner, minColumn)
  scanner.depth -= 1
  return isRead
}

function readMap(scanner: Scanner, minColumn: number): boolean {
  const { text, at: start, hasNodes } = scanner
  const entries: MapNode['entries'] = []
  const map: Record<string, unknown> = {}
  scanner.at += 1
  for (;;) {
    if (!skipSpace(scanner, minColumn)) return false
    if (text[scanner.at] === '}') break
    if (!readKey(scanner, { inFlow: true })) return false
    const [name, key] = [scanner.value as string, scanner.node]
    if (Object.hasOwn(map, name) || !skipSpace(scanner, minColumn) || !readValue(scanner, minColumn)) return false
    map[name] = scanner.value
    if (hasNodes) entries.push({ key, value: scanner.node })
    if (!goOn(scanner, '}', minColumn)) return false
  }
  scanner.at += 1
  scanner.value = map
  if (hasNodes) {
    scanner.node = { kind: 'map', flow: true, entries, start, end: scanner.at, outerStart: start }
  }
  return true
}

function readList(scanner: Scanner, minColumn: number): boolean {
  const { text, at: start, hasNodes } = scanner
  const items: Node[] = []
  const list: unknown[] = []
  scanner.at += 1
  for (;;) {
    if (!skipSpace(scanner, minColumn)) return false
    if (text[scanner.at] === ']') break
    if (!readValue(scanner, minColumn)) return false
    list.push(scanner.value)
    if (hasNodes) items.push(scanner.node)
    if (!goOn(scanner, ']', minColumn)) return false
  }
  scanner.at += 1
  scanner.value = list
  if (hasNodes) {
    const node: SequenceNode = { kind: 'sequence', flow: true, items, start, end: scanner.at, outerStart: start }
    scanner.node = node
  }
  return true
}

function readValue(scanner: Scanner, minColumn: number): boolean {
  const first = scanner.text[scanner.at]
  if (first === '{' || first === '[') return readFlow(scanner, minColumn)
  if (first === '"' || first === "'") return readQuoted(scanner)
  return readPlain(scanner, { inFlow: true })
}

/** Behind a member: over its comma, or to the bracket. */
function goOn(scanner: Scanner, bracket: string, minColumn: number): boolean {
  if (!skipSpace(scanner, minColumn)) return false
  const found = scanner.text[scanner.at]
  if (found === ',') scanner.at += 1
  return found === ',' || found === bracket
}

/** Goes over blanks, lines and comments; false at the end of the text, and too far to the left. */
function skipSpace(scanner: Scanner, minColumn: number): boolean {
  const { text } = scanner
  let lineStart = -1
  let { at } = scanner
  for (; at < text.length; at += 1) {
    const found = text.charCodeAt(at)
    if (found === code.newline) lineStart = at + 1
    else if (found === code.hash && isGapBefore(text, at)) {
      const end = text.indexOf('\n', at)
      if (end === -1) return false
      at = end - 1
    } else if (found !== code.space) break
  }
  scanner.at = at
  return at < text.length && (lineStart === -1 || at - lineStart >= minColumn)
}

function isGapBefore(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1)
  return before === code.space || before === code.newline
}
