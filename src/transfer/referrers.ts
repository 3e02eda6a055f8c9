import { isToolError } from '../errors/index.ts'
import type { Descriptor } from '../image/index.ts'
import type { ImageCatalog } from './contract.ts'

/** What belongs to images without being part of them. */
export interface Attached {
  /** Manifests that have one of the images as their subject. */
  readonly referrers: readonly Descriptor[]
  /** Tags made of an image's digest, as cosign keeps signatures: `sha256-….sig`. */
  readonly tags: readonly string[]
}

/**
 * Signatures, attestations and the like of images, those of the referrers among them included.
 * @throws REGISTRY_…; a repository whose tags may not be listed has none
 */
export async function findAttached(
  source: ImageCatalog,
  digests: readonly string[],
  signal?: AbortSignal,
): Promise<Attached> {
  const tags = listOwnTags(source, signal)
  const [first = '', ...others] = digests
  const search: Omit<Search, 'digests'> = { signal, tags, seen: new Set(digests) }
  // the first question finds out whether the registry lists referrers at all
  const [own, allTags] = await Promise.all([referrersOf(source, { ...search, digests: [first] }), tags])
  const referrers = [...own, ...(await referrersOf(source, { ...search, digests: others }))]
  const all = [...digests, ...referrers.map(({ digest }) => digest)]
  const prefixes = all.map((digest) => `${digest.replace(':', '-')}.`)
  return { referrers, tags: (allTags ?? []).filter((tag) => prefixes.some((prefix) => tag.startsWith(prefix))) }
}

interface Search {
  readonly digests: readonly string[]
  readonly signal: AbortSignal | undefined
  readonly tags: Promise<readonly string[] | undefined>
  readonly seen: Set<string>
}

async function referrersOf(source: ImageCatalog, search: Search): Promise<readonly Descriptor[]> {
  const { digests, signal, tags, seen } = search
  const options = { tags, ...(signal === undefined ? {} : { signal }) }
  const lists = await Promise.all(digests.map(async (digest) => source.listReferrers(digest, options)))
  const fresh = lists.flat().filter(({ digest }) => !seen.has(digest) && seen.add(digest).size > 0)
  if (fresh.length === 0) return []
  // a signature may be signed again
  const further = await referrersOf(source, { ...search, digests: fresh.map(({ digest }) => digest) })
  return [...fresh, ...further]
}

/** Undefined where they may not be listed. */
async function listOwnTags(
  source: ImageCatalog,
  signal: AbortSignal | undefined,
): Promise<readonly string[] | undefined> {
  try {
    return await source.listTags(signal)
  } catch (error) {
    const mayNot = ['REGISTRY_DENIED', 'REGISTRY_UNAUTHORIZED', 'MANIFEST_UNKNOWN', 'REGISTRY_FAILED'] as const
    if (mayNot.some((code) => isToolError(error, code))) return undefined
    throw error
  }
}
