import { isNull, valueOf, type Node } from './node.ts'

/** The text of a scalar; undefined for null and the empty text, which mean the same to Skaffold. */
export function readText(node: Node | undefined): string | undefined {
  return node?.kind === 'scalar' && !isNull(node) && node.text !== '' ? node.text : undefined
}

/** A boolean in the spellings that Skaffold takes. */
export function readBoolean(node: Node | undefined): boolean | undefined {
  if (node?.kind !== 'scalar') return undefined
  if (node.plain && /^(?:true|True|TRUE)$/.test(node.text)) return true
  if (node.plain && /^(?:false|False|FALSE)$/.test(node.text)) return false
  if (/^(?:y|Y|yes|on)$/.test(node.text)) return true
  return /^(?:n|N|no|off)$/.test(node.text) ? false : undefined
}

/** A whole number. */
export function readInteger(node: Node | undefined): number | undefined {
  if (node?.kind !== 'scalar' || !node.plain) return undefined
  const text = node.text.replaceAll('_', '')
  if (!/^[-+]?(?:0[xX][\da-fA-F]+|0[oO][0-7]+|0[bB][01]+|\d+(?:\.0*)?)$/.test(text)) return undefined
  const sign = text.startsWith('-') ? -1 : 1
  const digits = text.replace(/^[-+]/, '')
  const value = Number(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits)
  return Number.isSafeInteger(value) ? sign * value : undefined
}

/** The items of a list of texts; undefined when there are none. */
export function readTexts(node: Node | undefined): readonly string[] | undefined {
  const items = readItems(node).map((item) => readText(item) ?? '')
  return items.length === 0 ? undefined : items
}

/** The items of a list; none when it is no list. */
export function readItems(node: Node | undefined): readonly Node[] {
  return node?.kind === 'list' ? node.items : []
}

/** The value at a path of keys. */
export function readPath(node: Node | undefined, ...keys: readonly string[]): Node | undefined {
  return keys.reduce<Node | undefined>(valueOf, node)
}
