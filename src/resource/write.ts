import { dump } from 'js-yaml'
import { isPlainWord, writeQuickly } from './quick/write-quickly.ts'
import { isMapping } from './resource.ts'

/** How a document is laid out, so that what is added looks like the rest. */
export interface Layout {
  /** Columns per nesting step. */
  readonly indent: number
  /** Whether the dashes of a list stand below its key rather than indented. */
  readonly flatLists: boolean
}

/** A whole document in catamaran's own layout. */
export function dumpDocument(value: unknown): string {
  return dumpBlock(value, { indent: 2, flatLists: true })
}

/** YAML lines of a value, ending with a newline. Strings that kubectl would read as something else are quoted. */
export function dumpBlock(value: unknown, layout: Layout): string {
  return (
    writeQuickly(value, layout) ??
    dump(value, { indent: layout.indent, seqNoIndent: layout.flatLists, noRefs: true, lineWidth: -1 })
  )
}

/** A value on one line, for the inside of brackets. */
export function dumpFlow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(dumpFlow).join(', ')}]`
  if (isMapping(value)) {
    return `{${Object.entries(value)
      .map(([key, member]) => `${dumpFlow(key)}: ${dumpFlow(member)}`)
      .join(', ')}}`
  }
  if (typeof value !== 'string') return JSON.stringify(value ?? null)
  return /^[\w./-][\w./:@-]*$/.test(value) && !value.endsWith(':') && isPlain(value) ? value : JSON.stringify(value)
}

/** A scalar on one line, in the quotes that the old one had. */
export function dumpScalar(value: unknown, style: 'plain' | 'single' | 'double' | 'block' | 'absent'): string {
  if (typeof value !== 'string') return JSON.stringify(value ?? null)
  const oneLine = !/[\n\r]/.test(value)
  if (style === 'single' && oneLine) return `'${value.replaceAll("'", "''")}'`
  return style !== 'double' && oneLine && isPlain(value) ? value : JSON.stringify(value)
}

function isPlain(value: string): boolean {
  return isPlainWord(value) || dump(value, { lineWidth: -1 }) === `${value}\n`
}

/** Whether two JSON values are the same; the order of keys does not matter. */
export function isDeepEqual(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => isDeepEqual(item, right[index]))
  }
  if (!isMapping(left) || !isMapping(right)) return false
  const keys = Object.keys(left)
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isDeepEqual(left[key], right[key]))
  )
}
