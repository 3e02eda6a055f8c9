import { watch, type FSWatcher } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ChangeListener, ChangeSource } from './contract.ts'

/** Told by the system: one watch for each folder that is watched or holds what is watched. */
export function createNotifySource(listener: ChangeListener): ChangeSource {
  const watchers = new Map<string, FSWatcher>()
  let watched: ReadonlySet<string> = new Set()
  let isFirst = true
  let isClosed = false
  const drop = (folder: string): void => {
    watchers.get(folder)?.close()
    watchers.delete(folder)
  }
  const add = (folder: string): boolean => {
    try {
      const watcher = watch(folder, { persistent: true }, (_, name) => {
        const path = name === null ? folder : join(folder, name)
        // a folder that only holds a watched file has others that nobody asked about
        if (name === null || watched.has(folder) || watched.has(path)) listener.onChange(path)
      })
      watcher.on('error', () => drop(folder))
      watchers.set(folder, watcher)
      return true
    } catch (error) {
      if (isRefusal(error)) listener.onRefused()
      else if (!isGone(error)) throw error
      return false
    }
  }
  return {
    async update(paths) {
      const folders = await foldersOf(paths)
      if (isClosed) return
      watched = new Set(paths)
      for (const folder of watchers.keys()) if (!folders.has(folder)) drop(folder)
      const fresh = [...folders].filter((folder) => !watchers.has(folder))
      for (const folder of fresh) {
        if (isClosed) return
        add(folder)
      }
      // what came into a new folder before it was watched was told by nobody
      if (!isFirst) await Promise.all(fresh.map((folder) => reportContent(folder, listener)))
      isFirst = false
    },
    close() {
      isClosed = true
      for (const folder of watchers.keys()) drop(folder)
    },
  }
}

async function foldersOf(paths: readonly string[]): Promise<ReadonlySet<string>> {
  const folders = new Set<string>()
  const parents = new Set(paths.map((path) => dirname(path)))
  for (const parent of parents) folders.add(parent)
  // a path that others are below of is a folder; the rest has to be looked at
  await Promise.all(paths.filter((path) => !parents.has(path)).map(async (path) => addIfFolder(path, folders)))
  return folders
}

async function addIfFolder(path: string, folders: Set<string>): Promise<void> {
  try {
    if ((await stat(path)).isDirectory()) folders.add(path)
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

async function reportContent(folder: string, listener: ChangeListener): Promise<void> {
  try {
    for (const name of await readdir(folder)) listener.onChange(join(folder, name))
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

function isRefusal(error: unknown): boolean {
  return hasCode(error, 'ENOSPC', 'EMFILE', 'ENFILE', 'ENOSYS', 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM')
}

/** Gone, or not to be looked at: what is inside cannot be a part of a build either. */
function isGone(error: unknown): boolean {
  return hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP')
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}
