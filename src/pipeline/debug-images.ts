import type { Artifact, SkaffoldConfig } from '../config/index.ts'
import type { DebugImage, DebugOptions } from '../debug/index.ts'
import { isToolError } from '../errors/index.ts'
import { parseConfig, type ImageConfig } from '../image/index.ts'
import { readImageConfig } from '../inspect/index.ts'
import { memoizeAsync } from '../support/index.ts'
import type { BuiltArtifact, Context, RenderOptions } from './contract.ts'

const usualHelpers = 'gcr.io/k8s-skaffold/skaffold-debug-support'

/** What a render request gets so that its containers are made ready for debuggers: nothing when that is not wanted. */
export interface DebuggingOptions {
  readonly debug?: DebugOptions
}

/** Looks up how the images that were built start their programs, each once. */
export function debugOptionsOf(
  context: Context,
  configs: readonly SkaffoldConfig[],
  { built, render }: { readonly built: readonly BuiltArtifact[]; readonly render: RenderOptions },
): DebuggingOptions {
  if (render.debug === undefined) return {}
  const artifacts = new Map(configs.flatMap((config) => config.build.artifacts).map((one) => [one.image, one]))
  return {
    debug: {
      protocols: render.debug.protocols,
      helpersRegistry: context.globalSettings?.debugHelpersRegistry ?? usualHelpers,
      imageOf: memoizeAsync(async (reference: string) => {
        const found = built.find((one) => one.reference === reference)
        return found === undefined ? undefined : debugImageOf(context, found, artifacts.get(found.image))
      }),
    },
  }
}

/** One platform was built, so that its image is the one that runs. */
async function debugImageOf(
  context: Context,
  { image, reference, platforms = [], made, pushedAs }: BuiltArtifact,
  artifact: Artifact | undefined,
): Promise<DebugImage> {
  const [platform] = platforms
  const found =
    made?.config ??
    (await inEngine(context, reference)) ??
    (await readImageConfig(pushedAs ?? reference, {
      registry: await context.registry(),
      signal: context.signal,
      ...(platform === undefined ? {} : { platform }),
    }))
  const { author, config = {} } = found
  return {
    artifact: image,
    config,
    ...(author === undefined ? {} : { author }),
    ...(artifact?.runtimeType === undefined ? {} : { runtime: artifact.runtimeType }),
  }
}

const asConfig =
  '{"os":{{json .Os}},"architecture":{{json .Architecture}},"author":{{json .Author}},"config":{{json .Config}},"rootfs":{"type":"layers","diff_ids":{{json .RootFS.Layers}}}}'

/** Of an image that is not pushed: Docker's engine has its configuration. */
async function inEngine({ runProcess, env, signal }: Context, reference: string): Promise<ImageConfig | undefined> {
  if (reference.includes('@')) return undefined
  const args = ['image', 'inspect', '--format', asConfig, reference]
  try {
    const { status, stdout } = await runProcess({ command: 'docker', args, env, signal })
    return status === 0 ? parseConfig(Buffer.from(stdout)) : undefined
  } catch (error) {
    if (isToolError(error, 'PROGRAM_MISSING')) return undefined
    throw error
  }
}
