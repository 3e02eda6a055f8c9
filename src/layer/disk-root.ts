import { chmodSync, lstatSync, mkdirSync, readlinkSync, type Stats } from 'node:fs'
import { ToolError } from '../errors/index.ts'
import { decodeName, toFilePath } from './names.ts'

const maxLinks = 255

/** A folder that is treated as `/`: no path and no link leads out of it. */
export interface DiskRoot {
  /** Absolute path of something below the root, its parents' links followed, the last part's not. */
  locate(path: string): string
  /** The same; missing parents are made, as 0755. */
  prepare(path: string): string
  /** To be called when a directory or link has been taken away. */
  forget(): void
}

/** Nobody else may change the folder meanwhile. */
export function createDiskRoot(folder: string): DiskRoot {
  /** Folders by their path in the archive. */
  const known = new Map<string, string>([['', folder]])
  const place = (path: string, make: boolean): string => {
    const slash = path.lastIndexOf('/')
    const parent = slash < 0 ? '' : path.slice(0, slash)
    return `${known.get(parent) ?? walk(parent, make)}/${path.slice(slash + 1)}`
  }
  const walk = (parent: string, make: boolean): string => {
    const real = followFolders(folder, parent, make)
    if (make) known.set(parent, real)
    return real
  }
  return {
    locate: (path) => place(path, false),
    prepare: (path) => place(path, true),
    forget() {
      known.clear()
      known.set('', folder)
    },
  }
}

/** lstat, undefined when there is nothing. */
export function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(toFilePath(path), { throwIfNoEntry: false })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined
    throw error
  }
}

/** Walks part by part, so that every link is looked at before the file system would follow it. */
function followFolders(root: string, path: string, make: boolean): string {
  let real: readonly string[] = []
  const todo = path.split('/').reverse()
  for (let links = 0; todo.length > 0;) {
    const part = todo.pop() ?? ''
    if (part === '' || part === '.') continue
    if (part === '..') {
      real = real.slice(0, -1)
      continue
    }
    const at = [root, ...real, part].join('/')
    const stats = statOf(at)
    if (stats?.isSymbolicLink() === true) {
      links += 1
      if (links > maxLinks) throw new ToolError('LAYER_INVALID', `the layer has links that go in circles at ${path}`)
      const target = readTarget(at)
      if (target.startsWith('/')) real = []
      todo.push(...target.split('/').reverse())
      continue
    }
    if (make) makeFolder(at, stats, path)
    real = [...real, part]
  }
  return [root, ...real].join('/')
}

function makeFolder(at: string, stats: Stats | undefined, path: string): void {
  if (stats === undefined) {
    mkdirSync(toFilePath(at))
    chmodSync(toFilePath(at), 0o755)
  } else if (!stats.isDirectory()) {
    throw new ToolError('LAYER_INVALID', `the layer has files below ${JSON.stringify(path)}, which is not a directory`)
  }
}

function readTarget(path: string): string {
  const target = readlinkSync(toFilePath(path), { encoding: 'buffer' })
  return decodeName(target)
}
