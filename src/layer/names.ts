import { ToolError } from '../errors/index.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const maxPathBytes = 4096

/**
 * A file name as text. Names are bytes, and not always UTF-8: each byte that cannot be decoded becomes the lone surrogate
 * U+DC00 + byte, so that {@link encodeName} gives the same bytes back.
 */
export function decodeName(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    return decodeByParts(bytes)
  }
}

/** The bytes of a name made by {@link decodeName}. */
export function encodeName(name: string): Buffer {
  if (isWellFormed(name)) return Buffer.from(name, 'utf8')
  const parts: Buffer[] = []
  for (const part of name.split(/([\uDC80-\uDCFF])/u)) {
    const code = part.charCodeAt(0)
    const isByte = part.length === 1 && code >= 0xdc80 && code <= 0xdcff
    parts.push(isByte ? Buffer.of(code - 0xdc00) : Buffer.from(part, 'utf8'))
  }
  return Buffer.concat(parts)
}

/** A name as file system calls take it: bytes where text would not say the same. */
export function toFilePath(path: string): string | Buffer {
  return isWellFormed(path) ? path : encodeName(path)
}

/**
 * The path of an archive's entry below its root: no leading or trailing slash, no empty or `.` parts; `''` is the root.
 * @throws LAYER_INVALID when it leaves the root, or is no path
 */
export function cleanEntryPath(raw: string, what = 'path'): string {
  if (raw.includes('\0') || raw.length > maxPathBytes) {
    throw new ToolError('LAYER_INVALID', `the archive has a ${what} that is too long or not a path`)
  }
  if (isClean(raw)) return raw
  const parts: string[] = []
  for (const part of raw.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) {
      throw new ToolError('LAYER_INVALID', `the archive's ${what} ${JSON.stringify(raw)} leaves its root`)
    }
  }
  return parts.join('/')
}

/** Orders names by their bytes, whatever the locale. */
export function compareNames(a: string, b: string): number {
  if (a === b) return 0
  if (isPlain(a) && isPlain(b)) return a < b ? -1 : 1
  return Buffer.compare(encodeName(a), encodeName(b))
}

/** UTF-16 order is byte order as long as there are no surrogates. */
function isPlain(text: string): boolean {
  return !/[\uD800-\uDFFF]/.test(text)
}

/** Whether there are no lone surrogates. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text)
}

function isClean(path: string): boolean {
  return !/(?:^|\/)(?:\.{0,2})(?:\/|$)/.test(path)
}

function decodeByParts(bytes: Uint8Array): string {
  let text = ''
  let start = 0
  while (start < bytes.length) {
    const length = sequenceLength(bytes, start)
    text +=
      length === 0
        ? String.fromCharCode(0xdc00 + (bytes[start] ?? 0))
        : utf8.decode(bytes.subarray(start, start + length))
    start += Math.max(1, length)
  }
  return text
}

/** Length of the well-formed UTF-8 sequence at `start`, 0 when there is none. */
function sequenceLength(bytes: Uint8Array, start: number): number {
  for (const length of [1, 2, 3, 4]) {
    if (start + length > bytes.length) return 0
    try {
      if (utf8.decode(bytes.subarray(start, start + length)) !== '') return length
    } catch {
      // Longer sequences may still be well formed.
    }
  }
  return 0
}
