import type { Emit } from '../events/index.ts'
import type { ObjectRef } from '../kube/index.ts'
import { followLogs } from '../status/index.ts'
import type { Context, Project } from './contract.ts'

/** Follows the logs of what was deployed until the signal is aborted, whose reason it then throws. */
export async function tailLogs(context: Context, project: Project, objects: readonly ObjectRef[]): Promise<void> {
  context.emit({ type: 'following' })
  const emit = withLabels(context.emit, project)
  await followLogs(await context.connect(), { objects, emit, signal: context.signal })
  context.signal.throwIfAborted()
}

/** Labels log lines as the configuration's `deploy.logs.prefix` says. */
export function withLabels(emit: Emit, project: Project): Emit {
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
