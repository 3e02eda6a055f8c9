import { isToolError } from '../errors/index.ts'
import { parseConfig, type ImageConfig } from '../image/index.ts'
import type { BaseInspector } from '../inspect/index.ts'
import type { BuilderParts } from './builder-parts.ts'
import type { Invocation } from './command.ts'
import { containerHost } from './host-platform.ts'
import type { Caches } from './open-caches.ts'

/** Looks at base images in registries, and at those that only Docker's engine has. */
export async function openBases(
  { env, emit }: Invocation,
  { caches, runProcess }: Pick<BuilderParts, 'runProcess'> & { readonly caches: Caches },
): Promise<BaseInspector> {
  const { inspectBases } = await import('../build/index.ts')
  return inspectBases((await caches.documents()).kept, {
    host: containerHost(),
    findLocally: configInEngine(runProcess, env),
    emit,
  })
}

const asConfig =
  '{"os":{{json .Os}},"architecture":{{json .Architecture}},"config":{{json .Config}},"rootfs":{"type":"layers","diff_ids":{{json .RootFS.Layers}}}}'

function configInEngine(
  runProcess: BuilderParts['runProcess'],
  env: Invocation['env'],
): (name: string, signal: AbortSignal) => Promise<ImageConfig | undefined> {
  return async (name, signal) => {
    const args = ['image', 'inspect', '--format', asConfig, name]
    try {
      const { status, stdout } = await runProcess({ command: 'docker', args, env, signal })
      return status === 0 ? parseConfig(Buffer.from(stdout)) : undefined
    } catch (error) {
      if (isToolError(error, 'PROGRAM_MISSING', 'IMAGE_CONFIG_INVALID')) return undefined
      throw error
    }
  }
}
