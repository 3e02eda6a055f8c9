import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'

export interface RoomImport {
  readonly file: string
  readonly from: string
  readonly to: string
  readonly specifier: string
}

const specifiers = /(?:\bfrom\s*|\bimport\s*\(?\s*)['"](\.[^'"]+)['"]/g

/** Every import between rooms under `root`, type imports and dynamic imports included. */
export function scanImports(root: string): readonly RoomImport[] {
  return sourceFiles(root).flatMap((file) => {
    const from = roomOf(root, file)
    if (from === undefined) return []
    return [...readFileSync(file, 'utf8').matchAll(specifiers)].flatMap((match) => {
      const specifier = match[1] ?? ''
      const to = roomOf(root, resolve(dirname(file), specifier))
      return to === undefined || to === from ? [] : [{ file: relative(root, file), from, to, specifier }]
    })
  })
}

/** The rooms: folders directly below `root`. */
export function listRooms(root: string): readonly string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && sourceFiles(join(root, entry.name)).length > 0)
    .map((entry) => entry.name)
}

export function sourceFiles(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
}

function roomOf(root: string, file: string): string | undefined {
  const parts = relative(root, file).split(sep)
  return parts.length > 1 && parts[0] !== '..' ? parts[0] : undefined
}
