import { isDigest, mediaTypes, parseManifest, type Descriptor } from '../image/index.ts'
import { fault, json, type Answer, type Ask } from './answer.ts'
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
  if (!isDigest(digest)) return fault(400, 'DIGEST_INVALID', { message: `${digest} is not a sha256 or sha512 digest` })
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
  const artifactType =
    parsed.kind === 'image'
      ? (parsed.manifest.artifactType ?? parsed.manifest.config.mediaType)
      : parsed.index.artifactType
  return {
    mediaType: stored.mediaType,
    digest: stored.digest,
    size: stored.bytes.length,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  }
}
