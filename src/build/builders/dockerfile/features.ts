import type { DockerArtifact } from '../../../config/index.ts'
import type { EngineFeature, EngineState } from './engine.ts'

/** What an artifact asks for that not every engine can do. */
export function neededFeatures({ secrets = [], ssh = '', squash }: DockerArtifact): readonly EngineFeature[] {
  return [
    ...(secrets.length > 0 ? (['secrets'] as const) : []),
    ...(ssh === '' ? [] : (['ssh'] as const)),
    ...(squash === true ? (['squash'] as const) : []),
  ]
}

const remedies: Readonly<Record<EngineFeature, string>> = {
  secrets: 'install buildx (https://github.com/docker/buildx#installing), or leave out build.local.useBuildkit',
  ssh: 'install buildx (https://github.com/docker/buildx#installing), or leave out build.local.useBuildkit',
  squash: 'copy into one stage with COPY --from instead, or use an engine that joins layers, as buildah does',
}

/** Why an engine does not do, and what to do about it; undefined when it can do everything. */
export function missingFeature(
  { title, lacks }: Extract<EngineState, { isThere: true }>,
  features: readonly EngineFeature[],
): { readonly why: string; readonly hint: string } | undefined {
  const feature = features.find((one) => lacks.includes(one))
  return feature === undefined
    ? undefined
    : { why: `${title} cannot do docker.${feature} of skaffold.yaml`, hint: remedies[feature] }
}
