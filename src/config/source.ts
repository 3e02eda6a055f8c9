import { dirname } from 'node:path'

/** A file's text, for turning offsets into places. */
export interface Source {
  /** As it should appear in messages. */
  readonly file: string
  readonly text: string
}

/** `file:line:column` of an offset, both counted from 1. */
export function placeOf(source: Source, offset: number): string {
  const lineStart = source.text.lastIndexOf('\n', offset - 1) + 1
  const line = source.text.slice(0, lineStart).split('\n').length
  return `${source.file}:${line}:${offset - lineStart + 1}`
}

/** Whether a file is named by a URL. */
export function isUrl(file: string): boolean {
  return /^https?:\/\//.test(file)
}

/** The folder that relative paths of a file start from; for a URL and standard input, the working directory. */
export function folderOf(file: string): string {
  return isUrl(file) ? '.' : dirname(file)
}
