import { createHash } from 'node:crypto'
import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  changeEntry,
  entriesOf,
  indexFromRaw,
  writeIndex,
  type IndexEntry,
  type MediaTypeFamily,
} from '../../image/index.ts'
import { openLayout, type Layout, type StoredManifest } from '../../layout/index.ts'
import type { ImageContext } from '../image/context.ts'
import { withLock } from './lock.ts'

/** An entry of a list that is being made, and the place that it came from. */
export interface WorkingEntry extends IndexEntry {
  /** As {@link formatLocation} writes it, tag included. */
  readonly from: string
}

/** A manifest list that is being made on this machine. */
export interface WorkingList {
  /** The whole name that it will be pushed under. */
  readonly name: string
  readonly entries: readonly WorkingEntry[]
  readonly annotations: Readonly<Record<string, string>>
  /** What `--type` said. */
  readonly family?: MediaTypeFamily
}

/*
 * Each list is an OCI layout of its own: its index, and the manifests that were read for it. What only catamaran has to
 * know stands in annotations, which are taken away before the list is pushed.
 */
const fromKey = 'dev.catamaran.manifest.source'
const familyKey = 'dev.catamaran.manifest.type'

/** The list of that name, if there is one. */
export async function readList(context: ImageContext, name: string): Promise<WorkingList | undefined> {
  const folder = folderOf(context, name)
  if (!(await isThere(folder))) return undefined
  const layout = await openLayout(folder, { create: true })
  return loadList(layout, name)
}

/**
 * Changes a list while no other process does. The manifests that `edit` gives are kept beside it.
 * @throws MANIFEST_LIST_BUSY, FILE_UNWRITABLE, DISK_FULL
 */
export async function changeList(
  context: ImageContext,
  name: string,
  edit: (list: WorkingList | undefined) => {
    readonly list: WorkingList
    readonly manifests: readonly StoredManifest[]
  },
): Promise<void> {
  const folder = folderOf(context, name)
  await mkdir(join(folder, '..'), { recursive: true })
  await withLock(`${folder}.lock`, context.signal, async () => {
    const before = (await isThere(folder))
      ? await loadList(await openLayout(folder, { create: true }), name)
      : undefined
    const { list, manifests } = edit(before)
    const layout = await openLayout(folder, { create: true })
    for (const manifest of manifests) await layout.putManifest(manifest)
    const index = encodeList(list)
    await layout.putManifest(index)
    await layout.setRef(name, index.descriptor)
  })
}

/** Forgets a list; false when there is none. */
export async function removeList(context: ImageContext, name: string): Promise<boolean> {
  const folder = folderOf(context, name)
  if (!(await isThere(folder))) return false
  await withLock(`${folder}.lock`, context.signal, async () => rm(folder, { recursive: true, force: true }))
  return true
}

/** A manifest that was read for the list, unless it was not. */
export async function keptManifest(
  context: ImageContext,
  name: string,
  digest: string,
): Promise<StoredManifest | undefined> {
  const layout = await openLayout(folderOf(context, name), { create: true })
  try {
    return await layout.getManifest(digest)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'BLOB_UNKNOWN') return undefined
    throw error
  }
}

async function loadList(layout: Layout, name: string): Promise<WorkingList | undefined> {
  const descriptor = await layout.getRef(name)
  if (descriptor === undefined) return undefined
  const { bytes } = await layout.getManifest(descriptor.digest)
  const index = indexFromRaw(bytes)
  const { [familyKey]: family, ...annotations } = index.index.annotations ?? {}
  return {
    name,
    annotations,
    entries: entriesOf(index).map((entry) => ({
      ...changeEntry(entry, { dropAnnotations: [fromKey] }),
      from: entry.descriptor.annotations?.[fromKey] ?? '',
    })),
    ...(family === 'oci' || family === 'docker' ? { family } : {}),
  }
}

function encodeList({ entries, annotations, family }: WorkingList): StoredManifest {
  const index = writeIndex({
    family: 'oci',
    entries: entries.map((entry) => changeEntry(entry, { annotations: { [fromKey]: entry.from } })),
    annotations: { ...annotations, ...(family === undefined ? {} : { [familyKey]: family }) },
  })
  return { descriptor: index.descriptor, bytes: index.rawManifest }
}

/** A name of letters that every file system takes, and a digest that makes it the only one. */
function folderOf({ dataFolder }: ImageContext, name: string): string {
  const readable = name.replaceAll(/[^\w.-]/g, '_').slice(0, 150)
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 12)
  return join(dataFolder, 'manifests', `${readable}-${digest}`)
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}
