import { planBuild } from '../../dockerfile/index.ts'
import { asksForAttestations, wantsProvenance, type Attesting } from '../builders/dockerfile/attestation-flags.ts'
import { chooseBuilder } from '../builders/dockerfile/choose-builder.ts'
import { readDockerfile } from '../builders/native/read-dockerfile.ts'
import type { BaseImagesRequest } from './base-images.ts'

/**
 * Whether BuildKit would make attestations beside the image: only for what it makes whole, so that what is made natively is
 * the same with and without.
 */
export async function isAttested(request: BaseImagesRequest & { readonly attesting: Attesting }): Promise<boolean> {
  const { artifact, contextFolder, platform, host, attesting } = request
  const { builder } = artifact
  if (builder.kind !== 'docker' || attesting === 'never') return false
  if (asksForAttestations(builder)) return true
  if (!wantsProvenance(builder, attesting)) return false
  const { dockerfile } = await readDockerfile(builder, contextFolder)
  const { buildArgs, target } = builder
  const wanted = { platform, buildPlatform: host, buildArgs, ...(target === undefined ? {} : { target }) }
  return chooseBuilder(planBuild(dockerfile, wanted), builder).kind === 'engine'
}
