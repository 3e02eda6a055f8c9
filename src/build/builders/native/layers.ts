import { hash } from 'node:crypto'
import type { Layer } from '../../../image/index.ts'
import {
  createLayer,
  readElf,
  type CreateLayerOptions,
  type EntryBody,
  type LayerCache,
  type LayerEntry,
} from '../../../layer/index.ts'
import type { Place } from './graft.ts'
import { createLayerNotes, type LayerNote, type NoteStore } from './layer-notes.ts'
import type { Overlay } from './overlay.ts'
import { shareAmongPlatforms } from './share-among-platforms.ts'
import { parentsOf, type Content, type FileNode, type FileTree } from './file-tree.ts'

/** What one instruction does to the files. */
interface TreeChange {
  readonly before: FileTree
  /** What was written there counts, unless it is as before. */
  readonly after: Overlay
}

/** A program in a layer. */
export interface Program {
  readonly path: string
  /** In OCI's words; undefined for processors that OCI has no word for. */
  readonly architecture: string | undefined
}

/** A layer that an instruction makes. */
interface MadeLayer {
  readonly layer: Layer
  readonly programs: readonly Program[]
  readonly files: number
}

/** Makes layers; equal changes, of another platform or of an earlier build, give the layer that is there already. */
export interface LayerMaker {
  /** Undefined when nothing has changed. */
  make(change: TreeChange, signal: AbortSignal): Promise<MadeLayer | undefined>
}

/** Part of every key: to be raised when the same entries are written in another way. */
const formatVersion = 1

/** More than one build needs; those of earlier builds are let go, with the files they know of. */
const maxRemembered = 32

/** How layers are made. */
export interface LayerMakerOptions {
  /** Remembers layers and their parts between builds; absent: layers are remembered as long as the maker lives. */
  readonly store?: LayerCache & NoteStore
  /** gzip's. */
  readonly level?: number
}

/** Layers too big for memory are kept in `workFolder`, or in the store when there is one. */
export function createLayerMaker(workFolder: string, { store, level }: LayerMakerOptions = {}): LayerMaker {
  const options = { workFolder, ...(level === undefined ? {} : { level }) }
  const make = store === undefined ? inMemory(options) : inStore(store, options)
  return {
    async make(change, signal) {
      const own = await ownPlaces(change, signal)
      return own.length === 0 && change.after.grafts().length === 0 ? undefined : make({ ...change, own }, signal)
    },
  }
}

interface Change extends TreeChange {
  /** What was written and is not as before, with the directories above it, and above what was grafted. */
  readonly own: readonly Place[]
}

type Make = (change: Change, signal: AbortSignal) => Promise<MadeLayer>
type CreateOptions = Pick<CreateLayerOptions, 'workFolder' | 'level'>

function inMemory(options: CreateOptions): Make {
  const remember = createMemory()
  const shareOf = shareAmongPlatforms(async (places, signal): Promise<MadeLayer> => {
    await readFacts(places, { isLazy: false, signal })
    const entries = toEntries(places, signal)
    const recipe = recipeOf(places, entries)
    const layer = await remember(recipe, async () => createLayer(entries, { ...options, signal }))
    return { layer, programs: programsIn(places), files: places.length }
  })
  return async (change, signal) => shareOf(allPlaces(change), signal)
}

/** Of a layer whose files are what they were, none is looked into, unless somebody wants the layer's bytes. */
function inStore(store: LayerCache & NoteStore, options: CreateOptions): Make {
  const notes = createLayerNotes(store, options.level)
  const shareOf = shareAmongPlatforms(async (places, signal): Promise<MadeLayer> => {
    await readFacts(places, { isLazy: true, signal })
    const layer = await createLayer(toEntries(places, signal), { ...options, signal, cache: store })
    return { layer, programs: programsIn(places), files: places.length }
  })
  return async (change, signal) => {
    const { own, after } = change
    const key = after.isGraftedWhole() ? notes.keyOf(own, after.grafts()) : notes.keyOf(allPlaces(change), [])
    const note = key === undefined ? undefined : notes.get(key)
    if (note !== undefined) {
      const late = async (lateSignal = signal): Promise<MadeLayer> => shareOf(allPlaces(change), lateSignal)
      return { ...note, layer: openedLate(note, late) }
    }
    const places = allPlaces(change)
    const made = await shareOf(places, signal)
    const { descriptor, diffId } = made.layer
    const { programs, files } = made
    if (key !== undefined) await notes.put(key, { descriptor, diffId, programs, files }, places)
    return made
  }
}

function openedLate({ descriptor, diffId }: LayerNote, make: (signal?: AbortSignal) => Promise<MadeLayer>): Layer {
  return {
    descriptor,
    diffId,
    async *open(signal) {
      const { layer } = await make(signal)
      yield* layer.open(signal)
    },
  }
}

/** Layers by their recipes. */
function createMemory(): (recipe: string, create: () => Promise<Layer>) => Promise<Layer> {
  const made = new Map<string, Promise<Layer>>()
  return async (recipe, create) => {
    const layer = made.get(recipe) ?? create()
    made.delete(recipe)
    made.set(recipe, layer)
    for (const oldest of [...made.keys()].slice(0, -maxRemembered)) made.delete(oldest)
    layer.catch(() => made.delete(recipe))
    return layer
  }
}

/** What was written, and is new or different, and the directories above it as they are now. */
async function ownPlaces({ before, after }: TreeChange, signal: AbortSignal): Promise<readonly Place[]> {
  const paths = new Set<string>()
  for (const [path, node] of after.settings()) {
    if (path === '' || (await isSame(before.get(path), node, signal))) continue
    for (const parent of parentsOf(path)) paths.add(parent)
    paths.add(path)
  }
  for (const { target } of after.grafts()) {
    for (const parent of parentsOf(target)) paths.add(parent)
    if (target !== '') paths.add(target)
  }
  return [...paths].sort().flatMap((path) => {
    const node = after.get(path)
    return node === undefined ? [] : [{ path, node }]
  })
}

/** With what was grafted, in the order of paths. */
function allPlaces({ own, after }: Change): readonly Place[] {
  const paths = new Set(own.map(({ path }) => path))
  const grafted = after.grafted().filter(({ path }) => !paths.has(path))
  return [...own, ...grafted].sort((one, other) => (one.path < other.path ? -1 : 1))
}

interface Reading {
  /** Small files are not read before their bytes go into the layer. */
  readonly isLazy: boolean
  readonly signal: AbortSignal
}

/** Sees to it that it is known what is in files. */
async function readFacts(places: readonly Place[], { isLazy, signal }: Reading): Promise<void> {
  for (const { node } of places) {
    signal.throwIfAborted()
    const { content } = node
    if (content === undefined || (isLazy && content.read !== undefined) || content.known() !== undefined) continue
    await content.facts(signal)
  }
}

async function isSame(before: FileNode | undefined, after: FileNode, signal: AbortSignal): Promise<boolean> {
  if (before === undefined || before.kind !== after.kind) return false
  if (JSON.stringify(metadataOf(before)) !== JSON.stringify(metadataOf(after))) return false
  if (before.content === after.content || before.content === undefined || after.content === undefined) return true
  if (before.content.sizeBytes !== after.content.sizeBytes) return false
  return (await before.content.facts(signal)).id === (await after.content.facts(signal)).id
}

/** Everything but the bytes, always in this order. */
function metadataOf(node: FileNode): readonly unknown[] {
  const { kind, mode, uid, gid, mtimeSeconds, linkTarget, device, xattrs } = node
  const attributes = Object.entries(xattrs ?? {}).sort(([left], [right]) => (left < right ? -1 : 1))
  return [
    kind,
    mode,
    uid,
    gid,
    mtimeSeconds,
    linkTarget ?? '',
    device === undefined ? '' : `${device.major}:${device.minor}`,
    attributes.map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
  ]
}

/** Files that are names of one file, put there by one copy, stay hard links. */
function toEntries(places: readonly Place[], signal: AbortSignal): readonly LayerEntry[] {
  const copies = new Map<object, Map<string, string>>()
  return places.map(({ path, node }) => {
    const { content, copy } = node
    if (content === undefined) return { ...headerOf(path, node), kind: node.kind }
    const first = firstName({ path, copy, inode: content.inode }, copies)
    if (first !== undefined) return { ...headerOf(path, node), kind: 'hardlink', linkTarget: first }
    return { ...headerOf(path, node), kind: node.kind, size: content.sizeBytes, body: bodyOf(content, signal) }
  })
}

function bodyOf(content: Content, signal: AbortSignal): EntryBody {
  if (content.read !== undefined) return content
  return { open: () => content.open(signal), known: () => content.known() }
}

function headerOf(path: string, node: FileNode): Omit<LayerEntry, 'kind'> {
  const { mode, uid, gid, mtimeSeconds, linkTarget, device, xattrs } = node
  const header = { path, mode, uid, gid, mtimeSeconds }
  if (linkTarget === undefined && device === undefined && xattrs === undefined) return header
  return {
    ...header,
    ...(linkTarget === undefined ? {} : { linkTarget }),
    ...(device === undefined ? {} : { device }),
    ...(xattrs === undefined ? {} : { xattrs }),
  }
}

/** The path that has the bytes of an inode already; undefined for the first. */
function firstName(
  file: { readonly path: string; readonly copy: object | undefined; readonly inode: string | undefined },
  copies: Map<object, Map<string, string>>,
): string | undefined {
  if (file.copy === undefined || file.inode === undefined) return undefined
  const names = copies.get(file.copy) ?? new Map<string, string>()
  copies.set(file.copy, names)
  const first = names.get(file.inode)
  if (first === undefined) names.set(file.inode, file.path)
  return first
}

function recipeOf(places: readonly Place[], entries: readonly LayerEntry[]): string {
  const lines = places.map(({ path, node }, index) => {
    const entry = entries[index]
    const link = entry?.kind === 'hardlink' ? entry.linkTarget : ''
    return JSON.stringify([path, metadataOf(node), node.content?.known()?.id ?? '', link])
  })
  return hash('sha256', `layer ${formatVersion}\n${lines.join('\n')}`, 'hex')
}

function programsIn(places: readonly Place[]): readonly Program[] {
  return places.flatMap(({ path, node }) => {
    const head = node.content?.known()?.head
    const header = head === undefined ? undefined : readElf(head)
    return header?.type !== 'executable' && header?.type !== 'shared'
      ? []
      : [{ path, architecture: header.architecture }]
  })
}
