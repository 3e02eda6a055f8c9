import { ToolError } from '../../errors/index.ts'
import { isAttestation, isImageType, writeIndex } from '../../image/index.ts'
import { formatRepository, parseReference } from '../../reference/index.ts'
import { openStore, parseLocation, type GatheredEntry, type ImageSource } from '../../transfer/index.ts'
import { memoizeAsync } from '../../support/index.ts'
import type { ImageContext } from '../image/context.ts'
import { findTwinEntries } from '../image/create-index.ts'
import { putIndex } from '../image/write-index.ts'
import { listName } from './names.ts'
import { keptManifest, readList, removeList, type WorkingEntry, type WorkingList } from './working-list.ts'

/** What `manifest push` is asked for. */
export interface PushListRequest {
  readonly list: string
  /** Forget the list afterwards. */
  readonly purge: boolean
}

/** What was pushed. */
export interface PushedList {
  readonly digest: string
  /** `repository@digest` of the images that were brought from other repositories. */
  readonly references: readonly string[]
}

/**
 * Pushes a list: what is in other repositories is mounted, what is in other registries copied, then the index goes
 * under its tag, with the digest that it has when docker pushes it.
 * @throws MANIFEST_LIST_UNKNOWN, PLATFORM_MISSING, TAG_MOVED, REGISTRY_…
 */
export async function pushList(context: ImageContext, request: PushListRequest): Promise<PushedList> {
  const name = listName(request.list)
  const list = await readList(context, name)
  if (list === undefined) throw unknownList(name)
  list.entries.forEach(checkPlatform)
  warnOfTwins(context, list)
  const reference = parseReference(name)
  const index = writeIndex({ ...list, layout: 'docker' })
  const entries = await openEntries(context, list)
  const to = { kind: 'registry', reference } as const
  const { digest, brought } = await putIndex(context, { index, entries, to, dryRun: false })
  if (request.purge) await removeList(context, name)
  return { digest, references: brought.map((one) => `${formatRepository(reference)}@${one.digest}`) }
}

/** @throws MANIFEST_LIST_UNKNOWN in docker's words */
export function unknownList(name: string): ToolError {
  return new ToolError('MANIFEST_LIST_UNKNOWN', `No such manifest: ${name}`, {
    hint: `make it first: catamaran manifest create ${name} IMAGE…`,
  })
}

async function openEntries(context: ImageContext, list: WorkingList): Promise<readonly GatheredEntry[]> {
  const open = memoizeAsync(async (from: string): Promise<ImageSource> => {
    const { store } = await openStore(parseLocation(from), 'read', context)
    return store
  })
  return Promise.all(
    list.entries.map(async (entry) => {
      const manifest = await keptManifest(context, list.name, entry.descriptor.digest)
      const source = await open(entry.from)
      return { ...entry, source, ...(manifest === undefined ? {} : { manifest }) }
    }),
  )
}

function checkPlatform({ descriptor, from }: WorkingEntry): void {
  const { platform, mediaType } = descriptor
  if (!isImageType(mediaType) || isAttestation(descriptor)) return
  if (platform !== undefined && platform.os !== '' && platform.architecture !== '') return
  throw new ToolError(
    'PLATFORM_MISSING',
    `manifest ${from} must have an OS and Architecture to be pushed to a registry`,
    {
      hint: 'say what it runs on: catamaran manifest annotate LIST MANIFEST --os linux --arch arm64',
    },
  )
}

/** Docker pushes such lists: it may be what is wanted, but the second of them is never pulled. */
function warnOfTwins({ emit }: ImageContext, list: WorkingList): void {
  const twins = findTwinEntries(list.entries)
  if (twins === undefined) return
  const [first, second] = twins.map(({ descriptor }) => descriptor.digest)
  emit({
    type: 'warning',
    text: `two entries of ${list.name} are for the same platform, ${first ?? ''} and ${second ?? ''}: only the first is pulled`,
    hint: 'set what they run on with catamaran manifest annotate, or start again without one of them',
  })
}
