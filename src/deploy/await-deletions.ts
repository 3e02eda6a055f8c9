import { ToolError, isToolError } from '../errors/index.ts'
import type { Emit } from '../events/index.ts'
import { waitForObject, type KubeClient, type ObjectRef } from '../kube/index.ts'
import { resourceName, type ResourceObject } from '../resource/index.ts'
import { createLimiter } from '../support/index.ts'

/** What is about to be deployed, and how long to wait for what is going. */
export interface AwaitDeletionsRequest {
  readonly objects: readonly ResourceObject[]
  readonly maxMs: number
  readonly emit: Emit
  readonly signal: AbortSignal
}

/**
 * Waits until objects that are being deleted, and are to be deployed again, are gone: what is applied to them before would
 * go with them.
 * @throws DEPLOY_DELETION_PENDING when it takes too long
 */
export async function awaitDeletions(client: KubeClient, request: AwaitDeletionsRequest): Promise<void> {
  const { objects, maxMs, emit, signal } = request
  const limit = createLimiter(8)
  const found = await Promise.all(objects.map((object) => limit(() => deletingOne(client, object, signal))))
  const pending = found.filter((one): one is Deleting => one !== undefined)
  if (pending.length === 0) return
  const names = pending.map(({ name }) => `"${name}"`).join(', ')
  const count = pending.length === 1 ? '1 resource is' : `${pending.length} resources are`
  emit({ type: 'info', text: ` - ${count} marked for deletion, waiting for completion: ${names}` })
  const gone = await Promise.all(
    pending.map(async ({ ref, uid }) =>
      waitForObject(client, { ref, isDone: (now) => now?.metadata.uid !== uid }, { timeoutMs: maxMs, signal }),
    ),
  )
  const left = pending.filter((_, index) => gone[index] === false).map(({ name }) => name)
  if (left.length === 0) return
  throw new ToolError(
    'DEPLOY_DELETION_PENDING',
    `${left.length} resources failed to complete their deletion before a new deployment: ${left.join(', ')}`,
    { hint: 'look at their metadata.finalizers, or wait longer with --wait-for-deletions-max=5m' },
  )
}

interface Deleting {
  readonly ref: ObjectRef
  readonly name: string
  readonly uid: string | undefined
}

async function deletingOne(
  client: KubeClient,
  object: ResourceObject,
  signal: AbortSignal,
): Promise<Deleting | undefined> {
  const { apiVersion, kind, metadata } = object
  const { name, namespace } = metadata
  if (typeof name !== 'string') return undefined
  const ref = { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) }
  try {
    const found = await client.get(ref, signal)
    if (found?.metadata.deletionTimestamp === undefined) return undefined
    return { ref, name: resourceName(object), uid: found.metadata.uid }
  } catch (error) {
    // its definition comes with the same deployment
    if (isToolError(error, 'KUBE_UNKNOWN_KIND')) return undefined
    throw error
  }
}
