import { hash } from 'node:crypto'
import type { ContextFile } from './context-file.ts'

/** What a context holds, by path and by folder. Files are numbers in tables until somebody asks for one. */
export interface ContextListing {
  readonly folder: string
  readonly files: ListedFiles
  /** Names in folders, in code unit order. */
  readonly names: { get(folder: string): readonly string[] | undefined }
  /**
   * Names all that is in a folder by what tells files apart without reading them: equal stamps mean the same files, unless
   * one was written to a moment before it was read. Undefined where there are other things than files.
   */
  stampBelow(folder: string): string | undefined
}

/** Files and folders by their paths below the context. */
export interface ListedFiles {
  get(path: string): ContextFile | undefined
  has(path: string): boolean
  /** All paths below a folder, or in the context; folders stand before what is in them. */
  paths(folder?: string): Iterable<string>
}

/** What is found in one folder, a row for each name. */
export interface FolderTable {
  /** In code unit order. */
  readonly names: string[]
  /** Of each name as many as there are {@link columns}. */
  readonly numbers: number[]
  /** Where links lead to. */
  links: Map<string, string> | undefined
}

const kinds = ['file', 'directory', 'symlink', 'other'] as const
/** Kind, mode, size, times of content and of anything, inode, device, number of names. */
const columns = 8

export function emptyTable(): FolderTable {
  return { names: [], numbers: [], links: undefined }
}

/** Adds the next name. */
export function addRow(table: FolderTable, name: string, file: Omit<ContextFile, 'path' | 'absolutePath'>): void {
  const { kind, mode, sizeBytes, mtimeMs, ctimeMs, inode, device, linkCount, linkTarget } = file
  table.names.push(name)
  table.numbers.push(kinds.indexOf(kind), mode, sizeBytes, mtimeMs, ctimeMs, inode, device, linkCount)
  if (linkTarget !== undefined) (table.links ??= new Map()).set(name, linkTarget)
}

export function removeRow({ names, numbers }: FolderTable, name: string): void {
  const index = rowOf(names, name)
  if (index === -1) return
  names.splice(index, 1)
  numbers.splice(index * columns, columns)
}

/** Tables by the paths of their folders, `''` for the context itself. */
export function listingOf(
  folder: string,
  tables: ReadonlyMap<string, FolderTable>,
  absolute: (path: string) => string,
): ContextListing {
  const place = (path: string): { readonly table: FolderTable; readonly index: number } | undefined => {
    const slash = path.lastIndexOf('/')
    const table = tables.get(slash === -1 ? '' : path.slice(0, slash))
    const index = table === undefined ? -1 : rowOf(table.names, path.slice(slash + 1))
    return table === undefined || index === -1 ? undefined : { table, index }
  }
  return {
    folder,
    files: {
      get(path) {
        const found = place(path)
        return found === undefined ? undefined : fileOf(path, absolute(path), found)
      },
      has: (path) => place(path) !== undefined,
      paths: (below = '') => pathsIn(tables, below),
    },
    names: { get: (path) => tables.get(path)?.names },
    stampBelow: createStamps(tables),
  }
}

/** Where a name is among sorted ones; -1 when it is not there. */
function rowOf(names: readonly string[], name: string): number {
  let [low, high] = [0, names.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((names[middle] ?? '') < name) low = middle + 1
    else high = middle
  }
  return names[low] === name ? low : -1
}

function fileOf(
  path: string,
  absolutePath: string,
  { table, index }: { readonly table: FolderTable; readonly index: number },
): ContextFile {
  const at = (column: number): number => table.numbers[index * columns + column] ?? 0
  const linkTarget = table.links?.get(table.names[index] ?? '')
  const file = {
    path,
    absolutePath,
    kind: kinds[at(0)] ?? 'other',
    mode: at(1),
    sizeBytes: at(2),
    mtimeMs: at(3),
    ctimeMs: at(4),
    inode: at(5),
    device: at(6),
    linkCount: at(7),
  }
  return linkTarget === undefined ? file : { ...file, linkTarget }
}

/**
 * All paths below a folder.
 * @yields folders before what is in them
 */
function* pathsIn(tables: ReadonlyMap<string, FolderTable>, folder: string): Generator<string, void, void> {
  for (const name of tables.get(folder)?.names ?? []) {
    const path = folder === '' ? name : `${folder}/${name}`
    yield path
    if (tables.has(path)) yield* pathsIn(tables, path)
  }
}

/** Each folder is looked at once: its stamp is made of those of the folders in it. */
function createStamps(tables: ReadonlyMap<string, FolderTable>): (folder: string) => string | undefined {
  const known = new Map<string, string | undefined>()
  const stampOf = (folder: string): string | undefined => {
    if (known.has(folder)) return known.get(folder)
    const stamp = makeStamp(folder, tables.get(folder) ?? emptyTable(), stampOf)
    known.set(folder, stamp)
    return stamp
  }
  return stampOf
}

function makeStamp(
  folder: string,
  { names, numbers, links }: FolderTable,
  stampOf: (folder: string) => string | undefined,
): string | undefined {
  const counted = Float64Array.from(numbers)
  const texts = [...names]
  for (const [index, name] of names.entries()) {
    const kind = kinds[counted[index * columns] ?? 3]
    if (kind === 'other' || kind === undefined) return undefined
    if (kind === 'symlink') texts.push(links?.get(name) ?? '')
    if (kind !== 'directory') continue
    const below = stampOf(folder === '' ? name : `${folder}/${name}`)
    if (below === undefined) return undefined
    texts.push(below)
    // its times change with what is in it, which is looked at
    counted.fill(0, index * columns + 2, (index + 1) * columns)
  }
  const bytes = Buffer.from(counted.buffer)
  // a name cannot have a zero byte in it
  return hash('sha256', `${hash('sha256', texts.join('\0'), 'hex')} ${hash('sha256', bytes, 'hex')}`, 'hex')
}
