import { parseEvents, YAMLException } from 'js-yaml'

const maxLines = 100
const maxSpaces = 20

/**
 * kubectl takes brackets that are closed at the column of their key, which YAML 1.2 and its parsers refuse:
 * `args: [` … `]`. Such lines are moved to the right until the text parses; any other text comes back as it is.
 */
export function mendBrackets(text: string): string {
  let mended = text
  for (let line = 0; line < maxLines; line += 1) {
    const at = errorOffset(mended)
    if (at === undefined) return mended
    const moved = moveLine(mended, at)
    if (moved === undefined) return text
    mended = moved
  }
  return text
}

/** The text with the line of the error indented so far that the error is gone or on a later line. */
function moveLine(text: string, at: number): string | undefined {
  const lineStart = text.lastIndexOf('\n', at - 1) + 1
  if (!/^ *[\]}"'\w{[-]/.test(text.slice(lineStart, at + 1)) || !/[[{]/.test(text.slice(0, lineStart))) return undefined
  const lineEnd = text.indexOf('\n', at) === -1 ? text.length : text.indexOf('\n', at)
  for (let spaces = 1; spaces <= maxSpaces; spaces += 1) {
    const moved = `${text.slice(0, lineStart)}${' '.repeat(spaces)}${text.slice(lineStart)}`
    const next = errorOffset(moved)
    if (next === undefined || next > lineEnd + spaces) return moved
  }
  return undefined
}

function errorOffset(text: string): number | undefined {
  try {
    parseEvents(text, {})
    return undefined
  } catch (error) {
    if (error instanceof YAMLException) return error.mark?.position ?? 0
    throw error
  }
}
