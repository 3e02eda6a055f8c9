import type { CreateBuilder, PlacedParts } from './builder-parts.ts'
import type { Invocation } from './command.ts'
import { once } from './once.ts'
import { makeWorkFolder } from './work-folder.ts'

/** The builders of `build.cluster`: kaniko in pods, and scripts that do what they want with the cluster. */
export function createClusterBuilder({ env, cwd, flags }: Invocation, parts: PlacedParts): CreateBuilder {
  const { runProcess, connect, kubeContext, trust } = parts
  const secrets = once(async () => {
    const { openClusterSecrets } = await import('../build/index.ts')
    return openClusterSecrets({ connect, env, cwd })
  })
  return async (kind) => {
    if (kind !== 'kaniko' && kind !== 'custom') return undefined
    const [registry, bases] = await Promise.all([parts.registry(), parts.bases()])
    if (kind === 'custom') {
      const { createCustomBuilder } = await import('../build/index.ts')
      const cluster = { secrets: await secrets(), connect, kubeContext }
      const skipTests = flags.has('skip-tests') && flags.bool('skip-tests')
      return createCustomBuilder({ runProcess, env, registry, bases, cluster, skipTests })
    }
    const { createKanikoBuilder } = await import('../build/index.ts')
    const { podTrouble } = await import('../status/index.ts')
    return createKanikoBuilder({
      connect,
      registry,
      bases,
      trust,
      secrets: await secrets(),
      workFolder: await makeWorkFolder(parts.closing),
      diagnose: podTrouble,
    })
  }
}
