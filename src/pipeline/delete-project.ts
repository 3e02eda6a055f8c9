import { deleteResources } from '../deploy/index.ts'
import type { Emit } from '../events/index.ts'
import { renderAll } from './render-all.ts'
import type { Context, Project } from './contract.ts'

/** What `delete` is asked for. */
export interface DeleteProjectOptions {
  readonly namespace?: string
  /** Only say what would be deleted. */
  readonly dryRun: boolean
}

/** Deletes the resources of the project's manifests, and waits until they are gone. Gives their names. */
export async function deleteProject(
  context: Context,
  project: Project,
  { namespace, dryRun }: DeleteProjectOptions,
): Promise<readonly string[]> {
  const client = await context.connect()
  const rendered = await renderAll(context, project, {
    built: [],
    nodes: [],
    client,
    render: { affinity: false, gkeToleration: false, labels: {}, ...(namespace === undefined ? {} : { namespace }) },
  })
  const objects = rendered.map(({ object }) => object)
  const emit = dryRun ? asDryRun(context.emit) : context.emit
  return deleteResources(client, { objects, dryRun, emit, signal: context.signal })
}

function asDryRun(emit: Emit): Emit {
  return (event) =>
    emit(event.type === 'resourceDeleted' ? { type: 'info', text: ` - ${event.resource} would be deleted` } : event)
}
