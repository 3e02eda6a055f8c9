import { ToolError } from '../../errors/index.ts'
import type { Inspection } from '../../inspect/index.ts'
import { formatPlatform, onlyStrict, type Platform } from '../../platform/index.ts'
import { imageFields, resourceName, type ResourceObject } from '../../resource/index.ts'

/** What Cloud Run runs: nothing else. @see https://cloud.google.com/run/docs/container-contract#languages */
const runPlatform: Platform = { os: 'linux', architecture: 'amd64' }

/** How images are looked into. */
export type Inspect = (reference: string) => Promise<Pick<Inspection, 'platforms'>>

/**
 * Refuses, before anything is deployed, images that come for other platforms only. What cannot be looked into is for
 * Cloud Run to judge.
 * @throws PLATFORM_NOT_OFFERED
 */
export async function checkRunPlatform(objects: readonly ResourceObject[], inspect: Inspect): Promise<void> {
  const uses = objects.flatMap((object) => imageFields({ object }).map(({ value }) => ({ object, image: value })))
  await Promise.all(
    uses.map(async ({ object, image }) => {
      const { platforms } = await inspect(image)
      if (platforms === 'unknown' || platforms.some((one) => onlyStrict(runPlatform).matches(one))) return
      throw new ToolError(
        'PLATFORM_NOT_OFFERED',
        `Cloud Run runs ${formatPlatform(runPlatform)} only, and the image ${image} of ${resourceName(object)} is for ${platforms.map(formatPlatform).join(', ')}`,
        {
          hint: 'build it for linux/amd64: add --platform=linux/amd64, or take the other `platforms` out of skaffold.yaml',
        },
      )
    }),
  )
}
