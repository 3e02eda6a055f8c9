import { isToolError } from '../errors/index.ts'
import type { Emit } from '../events/index.ts'
import { waitForObject, type KubeClient, type KubeObject, type ObjectRef } from '../kube/index.ts'
import { groupKind, resourceName, type ResourceObject } from '../resource/index.ts'
import { createLimiter } from '../support/index.ts'
import { deployWaves } from './order.ts'

/** What to take out of a cluster. */
export interface DeleteRequest {
  readonly objects: readonly ResourceObject[]
  readonly emit: Emit
  readonly signal: AbortSignal
  /** Only says what would be deleted. */
  readonly dryRun?: boolean
  /** Until the objects are gone, two minutes at most; true when absent. */
  readonly wait?: boolean
}

/**
 * Deletes objects, those that were deployed last first; what is not there is left out. Emits `resourceDeleted` in
 * kubectl's words, `deployment.apps "web"`, and gives the names of what was deleted: `deployment.apps/web`.
 * @throws KUBE_FORBIDDEN and the client's other codes
 */
export async function deleteResources(client: KubeClient, request: DeleteRequest): Promise<readonly string[]> {
  const deleted: Deleted[] = []
  for (const wave of deployWaves(request.objects).toReversed()) {
    deleted.push(...(await deleteWave(client, wave.toReversed(), request)))
  }
  if (request.wait !== false && request.dryRun !== true) await awaitGone(client, deleted, request)
  return deleted.map(({ object }) => resourceName(object))
}

interface Deleted {
  readonly object: ResourceObject
  readonly ref: ObjectRef
  readonly uid: string | undefined
}

async function deleteWave(
  client: KubeClient,
  wave: readonly ResourceObject[],
  request: DeleteRequest,
): Promise<readonly Deleted[]> {
  const limit = createLimiter(8)
  const outcomes = await Promise.allSettled(wave.map((object) => limit(() => deleteOne(client, object, request))))
  const deleted = outcomes.flatMap((outcome) =>
    outcome.status === 'fulfilled' && outcome.value !== undefined ? [outcome.value] : [],
  )
  for (const { object } of deleted) {
    const resource = `${groupKind(object).toLowerCase()} "${object.metadata.name}"`
    request.emit({ type: 'resourceDeleted', resource })
  }
  const failed = outcomes.find((outcome): outcome is PromiseRejectedResult => outcome.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return deleted
}

async function deleteOne(
  client: KubeClient,
  object: ResourceObject,
  { dryRun = false, wait = true, signal }: DeleteRequest,
): Promise<Deleted | undefined> {
  const { apiVersion, kind, metadata } = object
  const { name, namespace } = metadata
  if (typeof name !== 'string') return undefined
  const ref = { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) }
  const there = await findObject(client, ref, signal)
  if (there === undefined) return undefined
  const isDeleted = dryRun || (await client.delete(ref, { isForeground: wait && hasDependants(object), signal }))
  return isDeleted ? { object, ref, uid: there.uid } : undefined
}

const owners = /^(?:Deployment|ReplicaSet|StatefulSet|DaemonSet|ReplicationController|Job|CronJob)$/

/** Its pods are part of it: it is only gone when they are. Other dependants may be held by anything. */
function hasDependants({ kind, apiVersion }: ResourceObject): boolean {
  return owners.test(kind) && /^(?:apps\/|batch\/)?v\d/.test(apiVersion)
}

async function findObject(
  client: KubeClient,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<{ readonly uid: string | undefined } | undefined> {
  try {
    const object = await client.get(ref, signal)
    return object === undefined ? undefined : { uid: object.metadata.uid }
  } catch (error) {
    // the kind went together with its definition
    if (isToolError(error, 'KUBE_UNKNOWN_KIND')) return undefined
    throw error
  }
}

const goneMs = 120_000

/** Something else may make an object of that name at once: it is another one, with another uid. */
async function awaitGone(client: KubeClient, deleted: readonly Deleted[], request: DeleteRequest): Promise<void> {
  const { emit, signal } = request
  const waits = deleted.map(async ({ object, ref, uid }) => {
    const isGone = await waitGone(client, { ref, uid, signal })
    if (!isGone) {
      emit({
        type: 'warning',
        text: `${resourceName(object)} is still being deleted after ${goneMs / 1000} s`,
        hint: 'something holds it: look at its metadata.finalizers',
      })
    }
  })
  await Promise.all(waits)
}

interface Gone {
  readonly ref: ObjectRef
  readonly uid: string | undefined
  readonly signal: AbortSignal
}

async function waitGone(client: KubeClient, { ref, uid, signal }: Gone): Promise<boolean> {
  if (isOther((await findObject(client, ref, signal))?.uid, uid)) return true
  try {
    const isDone = (object: KubeObject | undefined): boolean => isOther(object?.metadata.uid, uid)
    return await waitForObject(client, { ref, isDone }, { timeoutMs: goneMs, signal })
  } catch (error) {
    // objects of a custom kind go with it
    if (isToolError(error, 'KUBE_UNKNOWN_KIND', 'KUBE_NOT_FOUND')) return true
    throw error
  }
}

function isOther(uid: string | undefined, old: string | undefined): boolean {
  return uid === undefined || uid !== old
}
