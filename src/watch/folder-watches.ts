import { statSync, watch, type FSWatcher } from 'node:fs'
import { dirname, sep } from 'node:path'

/** The system's watches, at most one for each folder. */
export interface FolderWatches {
  has(folder: string): boolean
  /** Watches a folder, or where there is none the nearest one above it. Gives the one that is watched. */
  addNearest(this: void, folder: string): string
  /** Whether another folder has come to the name of one that is watched, or none is there any more. */
  isReplaced(folder: string): boolean
  /** Ends the watches on a folder and on those below it. */
  dropBelow(folder: string): void
  /** Ends all other watches. */
  keepOnly(folders: ReadonlySet<string>): void
}

/** Told about what happens in watched folders. */
export interface FolderListener {
  /** `rename`: something of that name came or went; the folder itself tells so of its own name. */
  onEvent(folder: string, type: string, name: string | null): void
  /** A watch broke, and is no more. */
  onLost(folder: string): void
  /** The system cannot watch any more folders. */
  onRefused(): void
}

interface Watch {
  readonly watcher: FSWatcher
  readonly inode: bigint
}

export function createFolderWatches(listener: FolderListener): FolderWatches {
  const watches = new Map<string, Watch>()
  const drop = (folder: string): void => {
    watches.get(folder)?.watcher.close()
    watches.delete(folder)
  }
  const add = (folder: string): boolean => {
    try {
      const inode = inodeOf(folder)
      if (inode === undefined) return false
      const watcher = watch(folder, (type, name) => listener.onEvent(folder, type, name))
      watcher.on('error', () => {
        drop(folder)
        listener.onLost(folder)
      })
      watches.set(folder, { watcher, inode })
      return true
    } catch (error) {
      if (hasCode(error, 'ENOSPC', 'EMFILE', 'ENFILE', 'ENOSYS', 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM')) {
        listener.onRefused()
      } else if (!isGone(error)) throw error
      return false
    }
  }
  const addNearest = (folder: string): string =>
    watches.has(folder) || add(folder) || dirname(folder) === folder ? folder : addNearest(dirname(folder))
  return {
    has: (folder) => watches.has(folder),
    addNearest,
    isReplaced: (folder) => watches.get(folder)?.inode !== inodeOf(folder),
    dropBelow(folder) {
      for (const other of watches.keys()) if (other === folder || other.startsWith(folder + sep)) drop(other)
    },
    keepOnly(folders) {
      for (const folder of watches.keys()) if (!folders.has(folder)) drop(folder)
    },
  }
}

/** Gone, or not to be looked at: what is inside cannot be a part of a build either. */
export function isGone(error: unknown): boolean {
  return hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP')
}

function inodeOf(folder: string): bigint | undefined {
  return statSync(folder, { bigint: true, throwIfNoEntry: false })?.ino
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}
