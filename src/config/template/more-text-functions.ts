import { failure, type TemplateFunction } from './function.ts'

/** Sprig's functions on longer text. */
export const moreTextFunctions: Readonly<Record<string, TemplateFunction>> = {
  abbrevboth: { takes: 'nns', run: ({ integer, text }) => abbreviateBoth(text(2), integer(0), integer(1)) },
  wrap: { takes: 'ns', run: ({ integer, text }) => wrap(text(1), integer(0), '\n') },
  wrapWith: { takes: 'nss', run: ({ integer, text }) => wrap(text(2), integer(0), text(1)) },
}

function abbreviateBoth(text: string, left: number, right: number): string {
  if (right < 4 || (left > 0 && right < 7) || text.length <= right) return text
  const room = right - 3
  const offset = Math.min(Math.max(0, left), text.length - room)
  if (offset <= 4) return `${text.slice(0, room)}...`
  if (offset + room >= text.length) return `...${text.slice(text.length - room)}`
  const rest = text.slice(offset)
  return rest.length <= room ? `...${rest}` : `...${rest.slice(0, room - 3)}...`
}

const maxLength = 16 * 1024 * 1024

/** Breaks lines at blanks, and words that are longer than a line. */
function wrap(text: string, width: number, newLine: string): string {
  const length = Math.max(1, width)
  const separator = newLine === '' ? '\n' : newLine
  if ((text.length / length) * separator.length > maxLength) throw failure('the result is longer than 16 MiB')
  const lines: string[] = []
  let from = 0
  while (text.length - from > length) {
    if (text[from] === ' ') {
      from += 1
      continue
    }
    const blank = text.slice(from, from + length + 1).lastIndexOf(' ')
    const end = blank === -1 ? from + length : from + blank
    lines.push(text.slice(from, end))
    from = blank === -1 ? end : end + 1
  }
  return [...lines, text.slice(from)].join(separator)
}
