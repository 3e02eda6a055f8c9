import { ToolError } from '../../../errors/index.ts'
import type { Image } from '../../../image/index.ts'
import { formatPlatform, type Platform } from '../../../platform/index.ts'
import { formatFamiliar, type Reference } from '../../../reference/index.ts'
import type { Registry } from '../../../registry/index.ts'
import { findImages, imageFor } from '../../cache/find-images.ts'
import type { RemoteBuild } from './build-api.ts'

/** What a build was to push. */
export interface Wanted {
  readonly reference: Reference
  readonly platforms: readonly Platform[]
  /** The artifact's name, for errors. */
  readonly image: string
  readonly registry: Registry
  readonly signal: AbortSignal
}

/**
 * Reads what a build has pushed: the images have to say themselves that they are for the platforms that were asked for.
 * @throws BUILD_RESULT_INVALID
 */
export async function readMade(
  build: RemoteBuild,
  { reference, platforms, image, registry, signal }: Wanted,
): Promise<{ readonly digest: string; readonly images: readonly Image[] }> {
  const name = formatFamiliar(reference)
  // jib, ko and kaniko push by themselves, and Cloud Build does not know what
  const [only] = build.digests
  const digest = build.digests.length === 1 ? only : (await registry.resolve(reference, signal))?.digest
  const found = digest === undefined ? undefined : await findImages(digest, { registry, repository: reference, signal })
  if (digest === undefined || found === undefined) {
    throw new ToolError('BUILD_RESULT_INVALID', `the build of ${image} ended well, and its registry has no ${name}`, {
      hint: `look at the build: ${build.logUrl ?? build.id}`,
    })
  }
  const images = platforms.flatMap((platform) => imageFor(platform, found) ?? [])
  if (images.length === platforms.length) return { digest, images }
  const list = (all: readonly Platform[]): string => all.map(formatPlatform).join(', ')
  throw new ToolError(
    'BUILD_RESULT_INVALID',
    `the build of ${image} was to make ${list(platforms)}, and the image that it pushed is for ${list(found.map((one) => one.platform))}`,
    { hint: 'give FROM no fixed --platform, and use a base image that comes for the platform' },
  )
}
