import { plainValue } from './plain.ts'

/** Words that need no quotes in any kind of YAML, unless they mean something. */
const plainWord = /^[A-Za-z_/][\w./-]*(?::[\w./-]+)*$/

/** How a value is laid out. */
export interface QuickLayout {
  readonly indent: number
  readonly flatLists: boolean
}

/**
 * YAML lines of a value as `dump` writes them, many times as fast; undefined for a value that is not a plain tree of
 * non-empty maps and lists with words, numbers and truths.
 */
export function writeQuickly(value: unknown, layout: QuickLayout): string | undefined {
  const lines: string[] = []
  const isWritten = typeof value === 'object' && value !== null && writeBelow(value, '', { lines, layout })
  return isWritten ? `${lines.join('\n')}\n` : undefined
}

interface Writing {
  readonly lines: string[]
  readonly layout: QuickLayout
}

function writeBelow(value: object, margin: string, writing: Writing): boolean {
  return Array.isArray(value) ? writeList(value, margin, writing) : writeMap(value, margin, writing)
}

function writeMap(map: object, margin: string, writing: Writing): boolean {
  const { lines, layout } = writing
  const entries = Object.entries(map)
  if (entries.length === 0) return false
  for (const [key, value] of entries as [string, unknown][]) {
    if (!isPlainWord(key)) return false
    if (typeof value === 'object' && value !== null) {
      lines.push(`${margin}${key}:`)
      const isFlat = Array.isArray(value) && layout.flatLists
      if (!writeBelow(value, isFlat ? margin : margin + ' '.repeat(layout.indent), writing)) return false
    } else {
      const text = scalar(value)
      if (text === undefined) return false
      lines.push(`${margin}${key}: ${text}`)
    }
  }
  return true
}

/** The first line of an item's map stands behind its dash; lists in lists are rare. */
function writeList(list: readonly unknown[], margin: string, writing: Writing): boolean {
  const { lines, layout } = writing
  if (list.length === 0 || layout.indent < 2) return false
  const dash = `${margin}-${' '.repeat(layout.indent - 1)}`
  const inside = margin + ' '.repeat(layout.indent)
  for (const item of list) {
    if (Array.isArray(item)) return false
    if (typeof item === 'object' && item !== null) {
      const first = lines.length
      if (!writeBelow(item, inside, writing)) return false
      lines[first] = dash + (lines[first] ?? '').slice(inside.length)
    } else {
      const text = scalar(item)
      if (text === undefined) return false
      lines.push(`${margin}- ${text}`)
    }
  }
  return true
}

function scalar(value: unknown): string | undefined {
  if (typeof value === 'boolean' || Number.isSafeInteger(value)) return String(value)
  return typeof value === 'string' && isPlainWord(value) ? value : undefined
}

/** Whether a text surely needs no quotes. */
export function isPlainWord(text: string): boolean {
  return plainWord.test(text) && plainValue(text) === text
}
