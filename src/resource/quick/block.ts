import type { MapNode, Node } from '../node.ts'
import { readFlow } from './flow.ts'
import { readBlockScalar, readKey, readPlain, readQuoted } from './scalars.ts'
import { code, endLine, goToContent, isGap, maxDepth, skipSpaces, type Scanner } from './scanner.ts'

/** Reads a map or list in block style that starts where the scanner is; the scanner's column is its own. */
export function readBlock(scanner: Scanner, column: number): boolean {
  if (scanner.depth >= maxDepth) return false
  scanner.depth += 1
  const isRead = isDash(scanner) ? readList(scanner, column) : readMap(scanner, column)
  scanner.depth -= 1
  return isRead
}

function isDash({ text, at }: Scanner): boolean {
  return text.charCodeAt(at) === code.dash && isGap(text, at + 1)
}

function readMap(scanner: Scanner, column: number): boolean {
  const { at: start, hasNodes } = scanner
  const entries: MapNode['entries'] = []
  const map: Record<string, unknown> = {}
  let end = start
  do {
    if (!readKey(scanner, { inFlow: false })) return false
    const [name, key] = [scanner.value as string, scanner.node]
    if (Object.hasOwn(map, name) || !readValue(scanner, column)) return false
    map[name] = scanner.value
    if (hasNodes) {
      entries.push({ key, value: scanner.node })
      end = scanner.node.end
    }
  } while (scanner.column === column)
  scanner.value = map
  if (hasNodes) scanner.node = { kind: 'map', flow: false, entries, start, end, outerStart: start }
  return scanner.column < column
}

/** The value behind a key at a column, on its line or below it. */
function readValue(scanner: Scanner, column: number): boolean {
  const { at: colonEnd } = scanner
  skipSpaces(scanner)
  if (!isAtLineEnd(scanner)) return readInline(scanner, column)
  if (!endLine(scanner)) return false
  const below = goToContent(scanner)
  if (below > column) return readBlock(scanner, below)
  // a list may stand at the column of its key
  if (below === column && isDash(scanner)) return readBlock(scanner, column)
  scanner.value = null
  if (scanner.hasNodes) {
    const place = { start: colonEnd, end: colonEnd, outerStart: colonEnd }
    scanner.node = { kind: 'scalar', style: 'absent', value: '', ...place }
  }
  return true
}

function isAtLineEnd({ text, at }: Scanner): boolean {
  const found = text.charCodeAt(at)
  return at >= text.length || found === code.newline || found === code.hash
}

/** A value that starts on the line of its key or dash. What follows must not stand below it. */
function readInline(scanner: Scanner, column: number): boolean {
  const first = scanner.text[scanner.at]
  if (first === '|' || first === '>') {
    if (!readBlockScalar(scanner, column)) return false
  } else if (!readOnLine(scanner, column) || !endLine(scanner)) return false
  return goToContent(scanner) <= column
}

function readOnLine(scanner: Scanner, column: number): boolean {
  const first = scanner.text[scanner.at]
  if (first === '{' || first === '[') return readFlow(scanner, column + 1)
  if (first === '"' || first === "'") return readQuoted(scanner)
  return readPlain(scanner, { inFlow: false })
}

function readList(scanner: Scanner, column: number): boolean {
  const { at: start, hasNodes } = scanner
  const items: Node[] = []
  const list: unknown[] = []
  let end = start
  do {
    if (!readItem(scanner, column)) return false
    list.push(scanner.value)
    if (hasNodes) {
      items.push(scanner.node)
      end = scanner.node.end
    }
  } while (scanner.column === column && isDash(scanner))
  scanner.value = list
  if (hasNodes) scanner.node = { kind: 'sequence', flow: false, items, start, end, outerStart: start }
  return scanner.column <= column
}

/** What stands behind a dash at a column, or below it. */
function readItem(scanner: Scanner, column: number): boolean {
  const { at: dash } = scanner
  scanner.at += 1
  skipSpaces(scanner)
  if (isAtLineEnd(scanner)) {
    if (!endLine(scanner)) return false
    const below = goToContent(scanner)
    return below > column && readBlock(scanner, below)
  }
  const { at } = scanner
  const isNested = isDash(scanner) || readKey(scanner, { inFlow: false })
  scanner.at = at
  return isNested ? readBlock(scanner, column + at - dash) : readInline(scanner, column)
}
