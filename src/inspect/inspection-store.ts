import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import { isToolError } from '../errors/index.ts'
import { writeWhole } from '../workspace/index.ts'
import type { Platform } from '../platform/index.ts'

/** What a digest stands for, for ever. */
export interface KnownImage {
  readonly kind: 'image' | 'index'
  readonly platforms: readonly Platform[]
}

/** What earlier runs found out. */
export interface InspectionStore {
  /** What is known of a digest. */
  find(digest: string): Promise<KnownImage | undefined>
  /** Whether a name was looked at before: then asking what it points at now is likely to be enough. */
  hasSeen(name: string): Promise<boolean>
  /** Never throws: what cannot be kept is looked up again. */
  keep(name: string, digest: string, image: KnownImage): Promise<void>
}

/** There are 16 files: a few MiB at most. */
const entriesPerFile = 256

const known = v.object({
  kind: v.picklist(['image', 'index']),
  platforms: v.array(
    v.object({
      os: v.string(),
      architecture: v.string(),
      variant: v.exactOptional(v.string()),
      osVersion: v.exactOptional(v.string()),
      osFeatures: v.exactOptional(v.array(v.string())),
    }),
  ),
})
const shelf = v.object({ version: v.literal(1), images: v.record(v.string(), known), names: v.array(v.string()) })

/**
 * Opens a folder of small files, written whole: processes may use it at the same time and die at any time. What is damaged
 * counts as empty. Each file takes a share of the digests and names and keeps the newest of them, so that the folder stays
 * small without anybody tidying it. Of two processes that write one file, one may lose what it wrote.
 */
export function openInspectionStore(folder: string): InspectionStore {
  const shelves = new Map<string, Shelf>()
  const shelfOf = (key: string): Shelf => {
    const share = hash(key).slice(0, 1)
    const opened = shelves.get(share) ?? openShelf(join(folder, `${share}.json`))
    shelves.set(share, opened)
    return opened
  }
  return {
    find: async (digest) => (await shelfOf(digest).content()).images.get(digest),
    hasSeen: async (name) => (await shelfOf(name).content()).names.has(nameKey(name)),
    async keep(name, digest, image) {
      await Promise.all([
        shelfOf(digest).change(({ images }) => images.set(digest, image)),
        shelfOf(name).change(({ names }) => names.add(nameKey(name))),
      ])
    },
  }
}

interface Content {
  readonly images: Map<string, KnownImage>
  readonly names: Set<string>
}

type Change = (content: Content) => void

interface Shelf {
  readonly content: () => Promise<Content>
  /** Written when it is done; changes that come meanwhile are written together. */
  readonly change: (change: Change) => Promise<void>
}

function openShelf(path: string): Shelf {
  let current: Promise<Content> | undefined
  let waiting: Change[] = []
  let writing: Promise<void> = Promise.resolve()
  const writeAll = async (): Promise<void> => {
    const changes = waiting
    waiting = []
    if (changes.length === 0) return
    // what others wrote meanwhile is kept
    const content = await readShelf(path)
    for (const change of changes) change(content)
    current = Promise.resolve(content)
    await writeShelf(path, { images: newest(content.images), names: newest(content.names) })
  }
  return {
    content: async () => (current ??= readShelf(path)),
    async change(change) {
      waiting.push(change)
      writing = writing.then(writeAll)
      await writing
    },
  }
}

function newest<T extends { readonly size: number; keys(): Iterable<string>; delete(key: string): boolean }>(
  all: T,
): T {
  for (const key of all.keys()) {
    if (all.size <= entriesPerFile) break
    all.delete(key)
  }
  return all
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Names may be secrets of their owners. */
function nameKey(name: string): string {
  return hash(`name ${name}`).slice(0, 32)
}

async function readShelf(path: string): Promise<Content> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), shelf), text)
  if (!parsed.success) return { images: new Map(), names: new Set() }
  const { images, names } = parsed.output
  return { images: new Map(Object.entries(images)), names: new Set(names) }
}

async function writeShelf(path: string, { images, names }: Content): Promise<void> {
  const text = JSON.stringify({ version: 1, images: Object.fromEntries(images), names: [...names] })
  try {
    await writeWhole(path, Buffer.from(text))
  } catch (error) {
    // a cache that cannot be written is no reason to fail
    if (!isToolError(error)) throw error
  }
}
