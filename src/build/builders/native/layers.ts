import { createHash } from 'node:crypto'
import type { Layer } from '../../../image/index.ts'
import { createLayer, readElf, type LayerCache, type LayerEntry } from '../../../layer/index.ts'
import { shareAmongPlatforms, type Place } from './share-among-platforms.ts'
import { parentsOf, type ContentFacts, type FileNode, type FileTree } from './file-tree.ts'

/** What one instruction does to the files. */
interface TreeChange {
  readonly before: FileTree
  readonly after: FileTree
  /** Paths that were written; those that are as before do not count. */
  readonly written: ReadonlyMap<string, FileNode>
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

/** Layers too big for memory are kept in `workFolder`, or in the cache when there is one. */
export function createLayerMaker(workFolder: string, cache?: LayerCache): LayerMaker {
  const made = new Map<string, Promise<Layer>>()
  const layerFor = (recipe: string, entries: readonly LayerEntry[], signal: AbortSignal): Promise<Layer> => {
    const known = made.get(recipe)
    const layer = known ?? createLayer(entries, { workFolder, signal, ...(cache === undefined ? {} : { cache }) })
    made.delete(recipe)
    made.set(recipe, layer)
    for (const oldest of [...made.keys()].slice(0, -maxRemembered)) made.delete(oldest)
    layer.catch(() => made.delete(recipe))
    return layer
  }
  const makeOf = async (places: readonly Place[], signal: AbortSignal): Promise<MadeLayer> => {
    const items = await itemsOf(places, signal)
    const entries = toEntries(items, signal)
    const layer = await layerFor(recipeOf(items, entries), entries, signal)
    return { layer, programs: programsIn(items), files: items.length }
  }
  const shareOf = shareAmongPlatforms(makeOf)
  return {
    async make(change, signal) {
      const places = await placesOf(change, signal)
      return places.length === 0 ? undefined : shareOf(places, signal)
    },
  }
}

interface Item extends Place {
  /** Of files. */
  readonly facts?: ContentFacts
}

/** What is new or different, and the directories above it as they are now. */
async function placesOf({ before, after, written }: TreeChange, signal: AbortSignal): Promise<readonly Place[]> {
  const paths = new Set<string>()
  for (const [path, node] of written) {
    if (path === '' || (await isSame(before.get(path), node, signal))) continue
    for (const parent of parentsOf(path)) paths.add(parent)
    paths.add(path)
  }
  return [...paths].sort().flatMap((path) => {
    const node = after.get(path)
    return node === undefined ? [] : [{ path, node }]
  })
}

async function itemsOf(places: readonly Place[], signal: AbortSignal): Promise<readonly Item[]> {
  const items: Item[] = []
  for (const place of places) items.push(await itemOf(place, signal))
  return items
}

/** One after the other: files are read synchronously, and most are known already. */
async function itemOf({ path, node }: Place, signal: AbortSignal): Promise<Item> {
  signal.throwIfAborted()
  return node.content === undefined ? { path, node } : { path, node, facts: await node.content.facts(signal) }
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
function toEntries(items: readonly Item[], signal: AbortSignal): readonly LayerEntry[] {
  const copies = new Map<object, Map<string, string>>()
  return items.map(({ path, node, facts }) => {
    const { content, copy } = node
    if (content === undefined) return { ...headerOf(path, node), kind: node.kind }
    const first = firstName({ path, copy, inode: facts?.inode }, copies)
    if (first !== undefined) return { ...headerOf(path, node), kind: 'hardlink', linkTarget: first }
    const open = (): AsyncIterable<Uint8Array> => content.open(signal)
    return { ...headerOf(path, node), kind: node.kind, size: content.sizeBytes, contentId: facts?.id ?? '', open }
  })
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

function recipeOf(items: readonly Item[], entries: readonly LayerEntry[]): string {
  const lines = items.map(({ path, node, facts }, index) => {
    const entry = entries[index]
    const link = entry?.kind === 'hardlink' ? entry.linkTarget : ''
    return JSON.stringify([path, metadataOf(node), facts?.id ?? '', link])
  })
  return createHash('sha256')
    .update(`layer ${formatVersion}\n${lines.join('\n')}`)
    .digest('hex')
}

function programsIn(items: readonly Item[]): readonly Program[] {
  return items.flatMap(({ path, facts }) => {
    const header = facts === undefined ? undefined : readElf(facts.head)
    return header?.type !== 'executable' && header?.type !== 'shared'
      ? []
      : [{ path, architecture: header.architecture }]
  })
}
