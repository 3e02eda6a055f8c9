import type { Image } from '../image/index.ts'
import type { Platform } from '../platform/index.ts'
import type { Builder, BuildRequest, BuildResult } from './contract.ts'

/**
 * Builds all platforms of a request, each with a call of its own unless the builder makes several in one. A failing
 * platform stops the others at once, and all of them are over before it is reported.
 */
export async function buildPlatforms(builder: Builder, request: BuildRequest): Promise<BuildResult> {
  if (builder.multiPlatform || request.platforms.length === 1) return builder.build(request)
  const controller = new AbortController()
  const signal = AbortSignal.any([request.signal, controller.signal])
  const results = await together(
    request.platforms.map(
      (platform) => () => builder.build({ ...request, platforms: [platform], isPart: true, signal }),
    ),
    { controller, stop: (error) => controller.abort(error) },
  )
  return { kind: 'images', images: results.flatMap(imagesOf) }
}

function imagesOf(result: BuildResult): Extract<BuildResult, { kind: 'images' }>['images'] {
  if (result.kind === 'images') return result.images
  throw new Error('a builder of single platforms must leave the pushing to its caller')
}

/** Images of a builder that makes one platform at a time, in the order of the request. */
export async function imagesEach(
  { platforms }: BuildRequest,
  buildOne: (platform: Platform) => Promise<Image>,
): Promise<BuildResult> {
  const images: Image[] = []
  for (const platform of platforms) images.push(await buildOne(platform))
  return { kind: 'images', images }
}

/** Runs all; the first that fails stops the others, and is thrown when nothing runs any more. */
export async function together<T>(
  tasks: readonly (() => Promise<T>)[],
  { controller, stop }: { readonly controller: AbortController; readonly stop: (error: unknown) => void },
): Promise<readonly T[]> {
  const settled = await Promise.allSettled(
    tasks.map(async (task) => {
      try {
        return await task()
      } catch (error) {
        stop(error)
        throw error
      }
    }),
  )
  controller.signal.throwIfAborted()
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
}
