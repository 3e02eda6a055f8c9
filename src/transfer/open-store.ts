import { resolve } from 'node:path'
import { openLayout } from '../layout/index.ts'
import type { RunProcess } from '../subprocess/index.ts'
import type { Registry } from '../registry/index.ts'
import type { ImageStore } from './contract.ts'
import { layoutStore } from './layout-store.ts'
import { formatLocation, type Location } from './location.ts'
import { registryStore } from './registry-store.ts'

/** What places for images need from outside. */
export interface StoreOutside {
  readonly registry: () => Promise<Registry>
  /** A new folder, removed at the end of the run. */
  readonly workFolder: () => Promise<string>
  /** Absolute; relative paths start here. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly runProcess: RunProcess
  readonly signal?: AbortSignal
}

/** A place that is open. */
export interface OpenStore {
  readonly store: ImageStore
  /** Writes down what was gathered for an archive or an engine; nothing to do for the others. */
  finish(): Promise<void>
}

/** Whether the place is read or, made when it is not there, written. */
export type StoreUse = 'read' | 'write'

/**
 * Opens a place for images.
 * @throws LAYOUT_INVALID, FILE_UNREADABLE, PROGRAM_MISSING
 */
export async function openStore(location: Location, use: StoreUse, outside: StoreOutside): Promise<OpenStore> {
  if (location.kind === 'registry') {
    return { store: registryStore(await outside.registry(), location.reference), finish: nothingToDo }
  }
  if (location.kind === 'oci') {
    const { name: _, ...place } = location
    const layout = await openLayout(resolve(outside.cwd, location.path), { create: use === 'write' })
    return { store: layoutStore(layout, formatLocation(place)), finish: nothingToDo }
  }
  const archives = await import('./archives/open-archive.ts')
  if (location.kind === 'docker-daemon') {
    const open = use === 'read' ? archives.readEngine : archives.createForEngine
    return open(location.name, outside)
  }
  return use === 'read' ? archives.readArchive(location, outside) : archives.createArchive(location, outside)
}

async function nothingToDo(): Promise<void> {
  // what was written is there
}
