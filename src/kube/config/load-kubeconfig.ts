import { delimiter, join } from 'node:path'
import { ToolError } from '../../errors/index.ts'
import { inClusterTarget } from './in-cluster.ts'
import { mergeKubeconfigs, readKubeconfig, type MergedKubeconfig } from './read-kubeconfig.ts'
import type { KubeTarget } from './target.ts'
import { targetOf } from './target-of.ts'
import type { Kubeconfig } from './wire.ts'

/** Which cluster is meant. */
export interface KubeconfigOptions {
  /** KUBECONFIG, HOME, and what a pod is told about its cluster. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Only this file, instead of KUBECONFIG and `~/.kube/config`. */
  readonly kubeconfig?: string
  /** Instead of `current-context`. */
  readonly context?: string
  /** Instead of the context's namespace. */
  readonly namespace?: string
}

/**
 * Finds the cluster as kubectl does: the file given, else the files of KUBECONFIG merged, else `~/.kube/config`, else,
 * in a pod, the pod's own cluster.
 * @throws KUBE_CONFIG_MISSING, KUBE_CONFIG_INVALID, KUBE_CONTEXT_UNKNOWN, KUBE_AUTH_UNSUPPORTED, FILE_UNREADABLE
 */
export async function loadKubeconfig(options: KubeconfigOptions): Promise<KubeTarget> {
  const files = filesOf(options)
  const read = await Promise.all(files.map(readKubeconfig))
  const found = read.filter((config): config is Kubeconfig => config !== undefined)
  if (options.kubeconfig !== undefined && found.length === 0) {
    throw new ToolError('KUBE_CONFIG_MISSING', `there is no kubeconfig ${options.kubeconfig}`, {
      hint: 'correct --kubeconfig',
    })
  }
  const config = mergeKubeconfigs(found)
  const target = isEmpty(config) ? await fallback(options, files) : await targetOf(config, contextOf(config, options))
  return options.namespace === undefined || options.namespace === ''
    ? target
    : { ...target, namespace: options.namespace }
}

function filesOf({ env, kubeconfig }: KubeconfigOptions): readonly string[] {
  if (kubeconfig !== undefined && kubeconfig !== '') return [kubeconfig]
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '')
  if (listed.length > 0) return [...new Set(listed)]
  const home = env['HOME'] ?? env['USERPROFILE'] ?? ''
  return home === '' ? [] : [join(home, '.kube', 'config')]
}

function isEmpty({ clusters, contexts }: MergedKubeconfig): boolean {
  return clusters.length === 0 && contexts.length === 0
}

async function fallback({ env, context }: KubeconfigOptions, files: readonly string[]): Promise<KubeTarget> {
  const target = context === undefined ? await inClusterTarget(env) : undefined
  if (target !== undefined) return target
  const tried = files.length === 0 ? 'neither KUBECONFIG nor HOME is set' : `looked for it in ${files.join(', ')}`
  throw new ToolError('KUBE_CONFIG_MISSING', `there is no kubeconfig with a cluster: ${tried}`, {
    hint: 'name one with --kubeconfig or KUBECONFIG, or try it without a cluster: --sandbox',
  })
}

function contextOf(config: MergedKubeconfig, { context }: KubeconfigOptions): string {
  const known = config.contexts.map(({ name }) => name)
  const name = context ?? config.current
  if (known.includes(name)) return name
  const choose = known.length === 0 ? 'add a context to the kubeconfig' : `choose one: ${listSome(known)}`
  if (name === '') {
    throw new ToolError('KUBE_CONTEXT_UNKNOWN', 'the kubeconfig has no current context', {
      hint: known.length === 0 ? choose : `pass --kube-context, one of ${listSome(known)}`,
    })
  }
  throw new ToolError('KUBE_CONTEXT_UNKNOWN', `the kubeconfig has no context "${name}"`, { hint: choose })
}

function listSome(names: readonly string[]): string {
  return names.length > 8 ? `${names.slice(0, 8).join(', ')}, …` : names.join(', ')
}
