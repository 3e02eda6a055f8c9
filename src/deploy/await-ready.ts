import type { Emit } from '../events/index.ts'
import { waitForObject, type KubeClient, type KubeObject } from '../kube/index.ts'
import { isMapping, resourceName, valueAt, type ResourceObject } from '../resource/index.ts'

interface Waiting {
  readonly emit: Emit
  readonly signal: AbortSignal
}

/** Waits until the API serves a custom kind; says so when it takes longer than it should, and goes on. */
export async function awaitDefinition(
  client: KubeClient,
  definition: ResourceObject,
  { emit, signal }: Waiting,
): Promise<void> {
  const { apiVersion, kind, metadata } = definition
  const ref = { apiVersion, kind, name: metadata.name }
  const isServed = await waitForObject(client, { ref, isDone: isEstablished }, { timeoutMs: 30_000, signal })
  if (!isServed) emit({ type: 'warning', text: `${resourceName(definition)} is not established after 30 s` })
}

function isEstablished(object: KubeObject | undefined): boolean {
  const conditions = valueAt(object, ['status', 'conditions'])
  return (
    Array.isArray(conditions) &&
    conditions.some((item: unknown) => isMapping(item) && item['type'] === 'Established' && item['status'] === 'True')
  )
}

/** A bare pod is refused until its new namespace has a service account; the cluster makes that by itself. */
export async function awaitServiceAccount(client: KubeClient, namespace: string, signal: AbortSignal): Promise<void> {
  const ref = { apiVersion: 'v1', kind: 'ServiceAccount', namespace, name: 'default' }
  await waitForObject(client, { ref, isDone: (object) => object !== undefined }, { timeoutMs: 10_000, signal })
}
