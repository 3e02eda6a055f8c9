import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** A folder that says what it is, and is never part of a project's own sources. */
const skippedFolders: ReadonlySet<string> = new Set(['node_modules', 'vendor', '__pycache__'])

/** How a folder is searched. */
export interface FindFilesOptions {
  /** Also folders that only hold what other programs put there, `node_modules` for instance. */
  readonly all?: boolean
  readonly signal?: AbortSignal
}

/**
 * The files below a folder as relative paths with `/`, those of a folder before those of its subfolders, each sorted by
 * code unit. Hidden files and folders are left out, and links to folders are not followed.
 */
export async function findFiles(folder: string, options: FindFilesOptions = {}): Promise<readonly string[]> {
  const found: string[] = []
  const folders = ['']
  for (let below = folders.pop(); below !== undefined; below = folders.pop()) {
    options.signal?.throwIfAborted()
    const entries = (await readdir(join(folder, below), { withFileTypes: true }))
      .filter(({ name }) => !name.startsWith('.'))
      .sort((left, right) => (left.name < right.name ? -1 : 1))
    const within = below
    found.push(...entries.filter((entry) => !entry.isDirectory()).map(({ name }) => joined(within, name)))
    const deeper = entries.filter(
      (entry) => entry.isDirectory() && (options.all === true || !skippedFolders.has(entry.name)),
    )
    folders.push(...deeper.map(({ name }) => joined(within, name)).reverse())
  }
  return found
}

function joined(below: string, name: string): string {
  return below === '' ? name : `${below}/${name}`
}
