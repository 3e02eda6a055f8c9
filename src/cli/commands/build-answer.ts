import type { BuiltArtifact } from '../../pipeline/index.ts'
import { formatPlatform } from '../../platform/index.ts'

/** Skaffold's build output: `{"builds":[{"imageName","tag"}]}`, which `deploy -a` reads. */
export function buildOutput(built: readonly BuiltArtifact[]): BuildOutput {
  const builds = built.map(({ image, reference }) => ({ imageName: image, tag: reference }))
  return { builds: builds.length === 0 ? null : builds }
}

export interface BuildOutput {
  /** Null when there was nothing to build, as Skaffold writes it. */
  readonly builds: readonly { readonly imageName: string; readonly tag: string }[] | null
}

/** The richer answer of `--format json`: Skaffold's members, and what was built for which platform. */
export function buildAnswer(built: readonly BuiltArtifact[]): object {
  return {
    builds: built.map(({ image, reference, digest, platforms, reason }) => ({
      imageName: image,
      tag: reference,
      digest,
      platforms: platforms?.map(formatPlatform),
      reason,
    })),
  }
}
