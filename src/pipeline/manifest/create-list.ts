import { ToolError } from '../../errors/index.ts'
import type { MediaTypeFamily } from '../../image/index.ts'
import { formatLocation, gatherEntries, nameWithin, openStore } from '../../transfer/index.ts'
import { annotateEntries, indexAnnotations, type Annotation } from '../image/annotations.ts'
import type { ImageContext } from '../image/context.ts'
import { listName, wholeLocation } from './names.ts'
import { changeList, readList, type WorkingEntry, type WorkingList } from './working-list.ts'
import type { StoredManifest } from '../../layout/index.ts'

/** What `manifest create` is asked for. */
export interface CreateListRequest {
  readonly list: string
  readonly sources: readonly string[]
  /** Add to a list that is there. */
  readonly amend: boolean
  /** Believe what was read for the list before instead of asking again. */
  readonly offline: boolean
  readonly annotations: readonly Annotation[]
  readonly family?: MediaTypeFamily
}

/**
 * Makes or amends a list on this machine; gives its whole name. What the sources are now is asked again when a list is
 * amended: an entry whose source moved is replaced where it stands, one that did not keeps what was said of it.
 * @throws MANIFEST_LIST_EXISTS without `amend`, MANIFEST_UNKNOWN, REGISTRY_…
 */
export async function createList(context: ImageContext, request: CreateListRequest): Promise<string> {
  const name = listName(request.list)
  const before = await readList(context, name)
  if (before !== undefined && !request.amend) throw alreadyThere(name)
  const read = await Promise.all(request.sources.map(async (text) => readSource(context, text, { before, request })))
  await changeList(context, name, (list) => {
    if (list !== undefined && !request.amend) throw alreadyThere(name)
    const merged = read.reduce<readonly WorkingEntry[]>(
      (entries, source) => merge(entries, source),
      list?.entries ?? [],
    )
    return { list: withAnnotations(merged, { name, list, request }), manifests: read.flatMap((one) => one.manifests) }
  })
  return name
}

interface ReadSource {
  readonly from: string
  readonly entries: readonly WorkingEntry[]
  readonly manifests: readonly StoredManifest[]
}

async function readSource(
  context: ImageContext,
  text: string,
  { before, request }: { readonly before: WorkingList | undefined; readonly request: CreateListRequest },
): Promise<ReadSource> {
  const location = wholeLocation(text, context.cwd)
  const from = formatLocation(location)
  const known = before?.entries.filter((entry) => entry.from === from) ?? []
  if (request.offline && known.length > 0) return { from, entries: known, manifests: [] }
  const { store } = await openStore(location, 'read', context)
  const { entries } = await gatherEntries(store, nameWithin(location), { platforms: [], signal: context.signal })
  return {
    from,
    entries: entries.map(({ descriptor, wire }) => ({ descriptor, wire, from })),
    manifests: entries.flatMap(({ manifest }) => (manifest === undefined ? [] : [manifest])),
  }
}

/** The source's entries stand where its first one stood, or at the end. */
function merge(entries: readonly WorkingEntry[], { from, entries: own }: ReadSource): readonly WorkingEntry[] {
  const known = new Map(entries.filter((entry) => entry.from === from).map((entry) => [entry.descriptor.digest, entry]))
  const fresh = own.map((entry) => known.get(entry.descriptor.digest) ?? entry)
  const at = entries.findIndex((entry) => entry.from === from)
  const digests = new Set(fresh.map(({ descriptor }) => descriptor.digest))
  const isOther = (entry: WorkingEntry): boolean => entry.from !== from && !digests.has(entry.descriptor.digest)
  if (at === -1) return [...entries.filter(isOther), ...fresh]
  return [...entries.slice(0, at).filter(isOther), ...fresh, ...entries.slice(at).filter(isOther)]
}

function withAnnotations(
  entries: readonly WorkingEntry[],
  {
    name,
    list,
    request,
  }: { readonly name: string; readonly list: WorkingList | undefined; readonly request: CreateListRequest },
): WorkingList {
  const family = request.family ?? list?.family
  return {
    name,
    entries: annotateEntries(entries, request.annotations),
    annotations: { ...list?.annotations, ...indexAnnotations(request.annotations) },
    ...(family === undefined ? {} : { family }),
  }
}

function alreadyThere(name: string): ToolError {
  return new ToolError('MANIFEST_LIST_EXISTS', 'refusing to amend an existing manifest list with no --amend flag', {
    hint: `add --amend, or start again after: catamaran manifest rm ${name}`,
  })
}
