import { isDigest, mediaTypes, parseManifest, type Descriptor, type ParsedManifest } from '../image/index.ts'
import { digestFault, json, type Answer, type Ask } from './answer.ts'
import type { RegistryStore, StoredManifest } from './contract.ts'

/**
 * What refers to a manifest, as an index. Also for manifests that are not there: nothing refers to them yet.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers
 */
export async function referrersEndpoint(
  { name, digest }: { readonly name: string; readonly digest: string },
  ask: Ask,
  { manifests }: RegistryStore,
): Promise<Answer> {
  if (!isDigest(digest)) return digestFault(digest)
  const digests = await manifests.referrers(name, digest)
  const stored = await Promise.all(digests.map(async (referrer) => manifests.get(name, referrer)))
  const wanted = ask.query.get('artifactType')
  const referrers = stored
    .filter((manifest) => manifest !== undefined)
    .map(describe)
    .filter(({ artifactType }) => wanted === null || artifactType === wanted)
  const headers = {
    'content-type': mediaTypes.oci.index,
    ...(wanted === null ? {} : { 'oci-filters-applied': 'artifactType' }),
  }
  const document = { schemaVersion: 2, mediaType: mediaTypes.oci.index, manifests: referrers }
  return json({ status: 200, headers }, document)
}

function describe(stored: StoredManifest): Descriptor {
  const parsed = parseManifest(stored.bytes, stored.mediaType)
  const { annotations } = parsed.kind === 'image' ? parsed.manifest : parsed.index
  const artifactType = artifactTypeOf(parsed)
  return {
    mediaType: stored.mediaType,
    digest: stored.digest,
    size: stored.bytes.length,
    ...(artifactType === '' ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  }
}

/** An image without one has its configuration's type; an index has none. */
function artifactTypeOf(parsed: ParsedManifest): string {
  const own = (parsed.kind === 'image' ? parsed.manifest : parsed.index).artifactType ?? ''
  return own === '' && parsed.kind === 'image' ? parsed.manifest.config.mediaType : own
}
