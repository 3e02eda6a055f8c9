import { formatReference } from '../../reference/index.ts'
import type { BuildRequest, BuildResult } from '../contract.ts'
import type { ArtifactRecord, ArtifactRecords } from './artifact-records.ts'

/** Where images are that are not pushed. */
export interface LocalImages {
  /** Whether Docker's engine on this machine has an image of that name. */
  has(name: string, signal: AbortSignal): Promise<boolean>
}

/** In place of a registry in records. */
const place = 'docker-daemon'

/** What Docker's engine has of an equal build of the same repository: its id, under the name that is made of it. */
export async function findLocally(
  key: string,
  { reference, signal }: BuildRequest,
  { records, local }: { readonly records: ArtifactRecords; readonly local: LocalImages },
): Promise<BuildResult | undefined> {
  const repository = repositoryOf(reference)
  for (const record of await records.get(key)) {
    if (record.registry !== place || record.repository !== repository) continue
    if (await local.has(`${repository}:${record.digest.slice('sha256:'.length)}`, signal)) {
      return { kind: 'pushed', digest: record.digest }
    }
  }
  return undefined
}

/** What to remember of an image that is not pushed. */
export function localRecord(key: string, { reference }: BuildRequest, result: BuildResult): ArtifactRecord | undefined {
  const id = result.kind === 'pushed' ? result.digest : result.images[0]?.manifest.config.digest
  return id === undefined ? undefined : { key, registry: place, repository: repositoryOf(reference), digest: id }
}

function repositoryOf({ registry, repository }: BuildRequest['reference']): string {
  return formatReference({ registry, repository })
}
