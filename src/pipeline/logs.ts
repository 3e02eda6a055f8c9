import type { Emit } from '../events/index.ts'
import type { ObjectRef } from '../kube/index.ts'
import { followLogs } from '../status/index.ts'
import type { BuiltArtifact, Context, Project } from './contract.ts'

/** Whose logs are followed. */
export interface FollowedLogs {
  readonly project: Project
  readonly refs: readonly ObjectRef[]
  readonly built: readonly BuiltArtifact[]
  /** How far back; all when absent. */
  readonly sinceSeconds?: number
}

/**
 * Follows the logs of what was deployed until the signal is aborted, whose reason it then throws. As in Skaffold these
 * are the containers of images that were built; of a project that builds nothing, all.
 */
export async function followProjectLogs(
  context: Context,
  { project, refs, built, ...rest }: FollowedLogs,
): Promise<void> {
  const client = await context.connect()
  const repositories = new Set(built.map(({ reference }) => repositoryOf(reference)))
  await followLogs(client, {
    namespaces: [...new Set(refs.map((ref) => ref.namespace ?? client.namespace))],
    objects: refs,
    ...(repositories.size === 0 ? {} : { hasImage: (image) => repositories.has(repositoryOf(image)) }),
    emit: withLabels(context.emit, project),
    signal: context.signal,
    ...rest,
  })
  context.signal.throwIfAborted()
}

function repositoryOf(reference: string): string {
  const name = reference.replace(/@.*$/, '')
  return name.replace(/:[^:/]*$/, '')
}

/** Labels log lines as the configuration's `deploy.logs.prefix` says. */
function withLabels(emit: Emit, project: Project): Emit {
  const prefix = project.configs.map((config) => config.deploy.logs?.prefix).find((one) => one !== undefined)
  if (prefix === undefined || prefix === 'container') return emit
  return (event) => {
    if (event.type !== 'log') {
      emit(event)
      return
    }
    const { pod, container } = event
    const both = `${pod} ${container}`
    const labels = { podAndContainer: both, auto: pod === container ? container : both, none: '' }
    emit({ ...event, label: labels[prefix] })
  }
}
