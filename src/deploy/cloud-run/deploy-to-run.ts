import type { Emit } from '../../events/index.ts'
import type { Google } from '../../google/index.ts'
import type { ResourceObject } from '../../resource/index.ts'
import { openRun } from './run-api.ts'
import { forCloudRun, runName, runObjectOf, type RunObject, type RunPlace } from './run-objects.ts'

/** What is given to Cloud Run. */
export interface RunDeployRequest {
  readonly objects: readonly ResourceObject[]
  readonly place: RunPlace
  readonly emit: Emit
  readonly signal: AbortSignal
}

/** An object, and what became of it. */
export interface RunDeployed extends RunObject {
  readonly action: 'configured' | 'created'
}

/**
 * Creates or replaces services, jobs and worker pools, one after the other. Emits `resourceApplied`.
 * @throws RESOURCE_INVALID for other kinds before anything is sent; GOOGLE_PROJECT_UNKNOWN; what Cloud Run refuses
 */
export async function deployToRun(
  google: Google,
  { objects, place, emit, signal }: RunDeployRequest,
): Promise<readonly RunDeployed[]> {
  const run = openRun(google)
  const known = objects.map((object) => ({ object, target: runObjectOf(object, place) }))
  const deployed: RunDeployed[] = []
  for (const { object, target } of known) {
    const body = forCloudRun(object, target)
    const isThere = (await run.get(target, signal)) !== undefined
    if (isThere) await run.replace(target, body, signal)
    else await run.create(target, body, signal)
    const action = isThere ? 'configured' : 'created'
    emit({ type: 'resourceApplied', resource: runName(target), action })
    deployed.push({ ...target, action })
  }
  return deployed
}

/** Deletes what is there of them, and gives its names. Emits `resourceDeleted`. */
export async function deleteFromRun(
  google: Google,
  {
    objects,
    dryRun = false,
    emit,
    signal,
  }: Omit<RunDeployRequest, 'objects' | 'place'> & {
    readonly objects: readonly RunObject[]
    readonly dryRun?: boolean
  },
): Promise<readonly string[]> {
  const run = openRun(google)
  const deleted: string[] = []
  for (const object of objects) {
    const wasThere = dryRun ? (await run.get(object, signal)) !== undefined : await run.remove(object, signal)
    if (!wasThere) continue
    deleted.push(runName(object))
    emit({ type: 'resourceDeleted', resource: `${object.kind.toLowerCase()} "${object.name}"` })
  }
  return deleted
}
