import { ToolError } from '../errors/index.ts'
import type { Context, Project } from './contract.ts'

/** Configurations that go to one cluster, and how it is reached. */
export interface ClusterPart<Outside> {
  readonly context: Outside
  readonly project: Project
}

type Reaching = Pick<Context, 'connect' | 'inContext' | 'kubeContext' | 'localCluster'>

/**
 * One part after the other, in the order of the configurations, where they name several clusters as `deploy.kubeContext`;
 * else all in one. Those that name none go to the kubeconfig's current context.
 */
export function splitClusters<Outside extends Reaching>(
  context: Outside,
  project: Project,
): readonly ClusterPart<Outside>[] {
  if (!hasSeveralClusters(context, project)) return [{ context, project }]
  const parts: { name: string | undefined; configs: Project['configs'] }[] = []
  for (const config of project.configs) {
    const name = config.deploy.kubeContext
    const last = parts.at(-1)
    if (last !== undefined && last.name === name) last.configs = [...last.configs, config]
    else parts.push({ name, configs: [config] })
  }
  return parts.map(({ name, configs }) => ({ context: reach(context, name), project: { ...project, configs } }))
}

function reach<Outside extends Reaching>(context: Outside, name: string | undefined): Outside {
  const other = name === undefined ? undefined : context.inContext?.(name)
  // images cannot be brought to a cluster of this machine that is only one of several
  return other === undefined ? context : { ...context, ...other, localCluster: async () => Promise.resolve(undefined) }
}

/** What cannot be done for several clusters at once is refused. @throws CONFIG_UNSUPPORTED_FIELD */
export function checkOneCluster(context: Reaching, project: Project, what: string): void {
  if (!hasSeveralClusters(context, project)) return
  const names = namesOf(project).join(', ')
  throw new ToolError('CONFIG_UNSUPPORTED_FIELD', `${what} cannot be used with the clusters ${names} at once`, {
    hint: 'choose configurations of one cluster with --module, or one cluster for all with --kube-context',
  })
}

function hasSeveralClusters({ inContext }: Reaching, project: Project): boolean {
  return inContext !== undefined && namesOf(project).length > 1
}

function namesOf({ configs }: Project): readonly string[] {
  return [...new Set(configs.flatMap(({ deploy }) => deploy.kubeContext ?? []))]
}
