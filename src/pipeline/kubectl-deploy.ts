import type { SkaffoldConfig } from '../config/index.ts'
import type { KubectlCall, KubectlFlags } from '../deploy/index.ts'
import type { Emit } from '../events/index.ts'
import type { Context, DeployOptions } from './contract.ts'

/** How the user's kubectl is called for these configurations; undefined when it is not needed. */
export async function kubectlFor(
  context: Context,
  configs: readonly SkaffoldConfig[],
  { useKubectl = false, namespace, emit = context.emit }: Asked,
): Promise<KubectlCall | undefined> {
  const flags = mergedFlags(configs)
  const isPlain = [flags.global, flags.apply, flags.delete].every((list) => list.length === 0)
  if (!useKubectl && isPlain && !flags.disableValidation) return undefined
  const { runProcess, env, cwd, kubeconfig, signal } = context
  const kubeContext = await context.kubeContext()
  return {
    runProcess,
    env,
    cwd,
    ...(kubeContext === undefined ? {} : { kubeContext }),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(namespace === undefined ? {} : { namespace }),
    flags,
    emit,
    signal,
  }
}

interface Asked extends Pick<DeployOptions, 'useKubectl' | 'namespace'> {
  readonly emit?: Emit
}

/** Configurations that are deployed together share one call. */
function mergedFlags(configs: readonly SkaffoldConfig[]): Required<KubectlFlags> {
  const all = configs.flatMap(({ deploy }) => deploy.kubectl?.flags ?? [])
  const list = (name: 'global' | 'apply' | 'delete'): readonly string[] => [
    ...new Set(all.flatMap((flags) => flags[name] ?? [])),
  ]
  return {
    global: list('global'),
    apply: list('apply'),
    delete: list('delete'),
    disableValidation: all.some(({ disableValidation }) => disableValidation === true),
  }
}
