import type { Artifact } from '../../../config/index.ts'
import { ToolError } from '../../../errors/index.ts'
import { formatPlatform } from '../../../platform/index.ts'
import type { BuildRequest } from '../../contract.ts'
import { isWorker } from './docker-recipe.ts'

/** Whether one build makes all platforms of an artifact. */
export function isNativeMulti({ builder: { kind } }: Pick<Artifact, 'builder'>): boolean {
  return kind === 'jib' || kind === 'ko'
}

/**
 * Refuses what Cloud Build cannot make, before anything is sent.
 * @throws CONFIG_CONFLICT, BUILD_PLATFORM_UNSUPPORTED
 */
export function checkBuildable({ artifact, platforms }: Pick<BuildRequest, 'artifact' | 'platforms'>): void {
  const { kind } = artifact.builder
  if (kind === 'bazel' || kind === 'custom') {
    throw new ToolError(
      'CONFIG_CONFLICT',
      `found a '${kind}' artifact, which is incompatible with the 'gcb' builder: ${artifact.image}`,
      { hint: 'remove `build.googleCloudBuild`, or build the artifact in a profile with `build.local`' },
    )
  }
  if (kind !== 'kaniko' && kind !== 'buildpacks') return
  const foreign = platforms.filter((platform) => !isWorker(platform))
  if (foreign.length === 0) return
  throw new ToolError(
    'BUILD_PLATFORM_UNSUPPORTED',
    `${artifact.image} is asked for ${foreign.map(formatPlatform).join(', ')}, and ${kind} on Google Cloud Build makes images of its workers' platform only, linux/amd64`,
    {
      hint:
        kind === 'kaniko'
          ? 'build it with `docker`, which emulates the platform, or with `build.cluster` on a node of the platform'
          : 'add `platforms: [linux/amd64]` to the artifact, or build it in a profile with `build.local`',
    },
  )
}
