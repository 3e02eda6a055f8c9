import { ToolError } from '../../errors/index.ts'
import { changeEntry, isAttestation } from '../../image/index.ts'
import { formatPlatform, parsePlatform, type Platform } from '../../platform/index.ts'
import type { ImageContext } from '../image/context.ts'
import { listName, wholeName } from './names.ts'
import { changeList, type WorkingEntry, type WorkingList } from './working-list.ts'

/** What `manifest annotate` is asked for. */
export interface AnnotateListRequest {
  readonly list: string
  /** The source that the entry came from, or its digest; the list itself for annotations of the index. */
  readonly manifest: string
  /** What is given replaces what was there; features are added. */
  readonly platform: Partial<Platform>
  readonly annotations: Readonly<Record<string, string>>
  readonly indexAnnotations: Readonly<Record<string, string>>
}

/**
 * Changes what a list says about one of its entries.
 * @throws INDEX_ENTRY_UNKNOWN, PLATFORM_INVALID
 */
export async function annotateList(context: ImageContext, request: AnnotateListRequest): Promise<void> {
  await changeList(context, listName(request.list), (list) => {
    const entry = findEntry(list, request, context.cwd)
    const changed = change(entry, request)
    checkPlatform(changed)
    const entries = list?.entries.map((other) => (other === entry ? changed : other)) ?? []
    const annotations = { ...list?.annotations, ...request.indexAnnotations }
    return { list: { name: listName(request.list), ...list, entries, annotations }, manifests: [] }
  })
}

/**
 * The entry that a source's name, or a digest, means.
 * @throws INDEX_ENTRY_UNKNOWN when there is none, or more than one
 */
export function findEntry(
  list: WorkingList | undefined,
  { list: listText, manifest }: Pick<AnnotateListRequest, 'list' | 'manifest'>,
  cwd: string,
): WorkingEntry {
  const digest = /(?:^|@)(sha(?:256|512):[0-9a-f]+)$/.exec(manifest)?.[1]
  const from = /^sha(?:256|512):/.test(manifest) ? '' : wholeName(manifest, cwd)
  const entries = list?.entries.filter((entry) => !isAttestation(entry.descriptor)) ?? []
  const named = entries.filter((entry) => entry.from === from)
  const found =
    named.length > 0 || digest === undefined ? named : entries.filter((one) => one.descriptor.digest === digest)
  const [entry, second] = found
  if (entry === undefined) {
    throw new ToolError('INDEX_ENTRY_UNKNOWN', `manifest for image ${manifest} does not exist in ${listText}`, {
      hint: `catamaran manifest inspect -v ${listText} shows what it has`,
    })
  }
  if (second === undefined) return entry
  const digests = found.map(({ descriptor }) => descriptor.digest)
  throw new ToolError('INDEX_ENTRY_UNKNOWN', `${manifest} stands for ${found.length} entries of ${listText}`, {
    hint: `name one by its digest: ${digests.join(', ')}`,
  })
}

function change(entry: WorkingEntry, { platform, annotations }: AnnotateListRequest): WorkingEntry {
  const { osFeatures = [], ...others } = platform
  const features = [...new Set([...(entry.descriptor.platform?.osFeatures ?? []), ...osFeatures])]
  const changed = { ...others, ...(features.length === 0 ? {} : { osFeatures: features }) }
  const hasPlatform = Object.keys(platform).length > 0
  return { ...entry, ...changeEntry(entry, { annotations, ...(hasPlatform ? { platform: changed } : {}) }) }
}

/** Half a platform may be completed by a second call; a word that is none is refused at once. */
function checkPlatform({ descriptor: { platform } }: WorkingEntry): void {
  if (platform === undefined || platform.os === '' || platform.architecture === '') return
  const { os, architecture } = platform
  parsePlatform(formatPlatform({ os, architecture }), { os, architecture })
}
