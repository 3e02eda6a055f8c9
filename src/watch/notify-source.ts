import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { ChangeListener, ChangeSource } from './contract.ts'
import { createFolderWatches, isGone, type FolderWatches } from './folder-watches.ts'

/** What is watched, and what that means for folders. */
interface Targets {
  readonly paths: ReadonlySet<string>
  /** Folders that are watched or hold what is watched. */
  readonly folders: ReadonlySet<string>
  /** These and all above them: when one of them comes or goes, so does what is watched. */
  readonly above: ReadonlySet<string>
}

const nothing: Targets = { paths: new Set(), folders: new Set(), above: new Set() }

/**
 * Told by the system: one watch for each folder that is watched or holds what is watched. For a folder that is not there,
 * the nearest one above it is watched, until it comes (again).
 */
export function createNotifySource(listener: ChangeListener): ChangeSource {
  let targets: Targets | undefined
  let closed = false
  // A refusal closes the source while an update is at work.
  const isOpen = (): boolean => !closed
  const watches: FolderWatches = createFolderWatches({
    onEvent(folder, type, name) {
      const path = name === null ? folder : join(folder, name)
      for (const changed of judge({ folder, path, type }, { watches, targets: targets ?? nothing })) {
        listener.onChange(changed)
      }
    },
    onLost(folder) {
      watches.dropBelow(folder)
      listener.onChange(folder)
    },
    onRefused: () => listener.onRefused(),
  })
  return {
    async update(paths) {
      const isFirst = targets === undefined
      const next = await targetsOf(paths)
      if (!isOpen()) return
      targets = next
      const fresh = [...next.folders].filter((folder) => !watches.has(folder))
      const needed = new Set<string>()
      for (const folder of next.folders) if (isOpen()) needed.add(watches.addNearest(folder))
      watches.keepOnly(isOpen() ? needed : new Set())
      // What came into a new folder before it was watched was told by nobody.
      if (!isFirst && isOpen()) await Promise.all(fresh.map((folder) => reportContent(folder, listener)))
    },
    close() {
      closed = true
      watches.keepOnly(new Set())
    },
  }
}

interface FolderEvent {
  readonly folder: string
  /** What it is about: something in the folder, or the folder. */
  readonly path: string
  readonly type: string
}

/**
 * The paths that an event means a change of. A folder that went or came is another one now, whatever its name: its watch is
 * given up, and the next update sets a new one and tells what is in it.
 */
function judge(
  { folder, path, type }: FolderEvent,
  { watches, targets }: { readonly watches: FolderWatches; readonly targets: Targets },
): readonly string[] {
  if (type === 'rename' && targets.above.has(path)) watches.dropBelow(path)
  if (type === 'rename' && basename(path) === basename(folder) && watches.isReplaced(folder)) {
    watches.dropBelow(folder)
    return [folder]
  }
  const { paths, above } = targets
  // A folder that only holds a watched file has others that nobody asked about.
  return path === folder || paths.has(folder) || paths.has(path) || above.has(path) ? [path] : []
}

async function targetsOf(paths: readonly string[]): Promise<Targets> {
  const folders = await foldersOf(paths)
  const above = new Set<string>()
  for (const folder of folders) {
    for (let path = folder; !above.has(path); path = dirname(path)) above.add(path)
  }
  return { paths: new Set(paths), folders, above }
}

async function foldersOf(paths: readonly string[]): Promise<ReadonlySet<string>> {
  const folders = new Set<string>()
  const parents = new Set(paths.map((path) => dirname(path)))
  for (const parent of parents) folders.add(parent)
  // A path that others are below of is a folder; the rest has to be looked at.
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
