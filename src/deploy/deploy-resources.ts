import { setTimeout as sleep } from 'node:timers/promises'
import { isToolError, ToolError } from '../errors/index.ts'
import type { Emit } from '../events/index.ts'
import {
  KubeRefusal,
  waitForObject,
  type ApplyOutcome,
  type KubeClient,
  type KubeObject,
  type ObjectRef,
} from '../kube/index.ts'
import { groupKind, resourceName, valueAt, type ResourceObject } from '../resource/index.ts'
import { createLimiter } from '../support/index.ts'
import { awaitDefinition, awaitServiceAccount } from './await-ready.ts'
import { deployWaves } from './order.ts'

/** What to write to a cluster. */
export interface DeployRequest {
  readonly objects: readonly ResourceObject[]
  readonly emit: Emit
  readonly signal: AbortSignal
  /** `catamaran` when absent. */
  readonly fieldManager?: string
  /** Takes fields away from other managers. */
  readonly force?: boolean
  /** Deletes what cannot be changed into what it shall be, and makes it anew. */
  readonly recreate?: boolean
}

/** One object as it was written. */
export interface DeployedObject {
  /** With its namespace, if its kind has one. */
  readonly ref: ObjectRef
  readonly action: ApplyOutcome['action']
}

/**
 * Applies objects in the order in which they need each other, what is independent at the same time; waits for custom
 * kinds to be served before their objects. Emits `resourceApplied` for each; nothing is applied when one has no name.
 * Fields that `kubectl apply` owns are taken over with an `info`; those of others only with `force`.
 * @throws RESOURCE_INVALID, KUBE_CONFLICT, KUBE_INVALID, KUBE_FORBIDDEN and the client's other codes; what was applied
 * before stays
 */
export async function deployResources(client: KubeClient, request: DeployRequest): Promise<readonly DeployedObject[]> {
  for (const object of request.objects) checkName(object)
  const deployed: DeployedObject[] = []
  for (const wave of deployWaves(request.objects)) deployed.push(...(await deployWave(client, wave, request)))
  return deployed
}

function checkName(object: ResourceObject): void {
  if (typeof (object.metadata as { readonly name?: unknown }).name === 'string') return
  throw new ToolError(
    'RESOURCE_INVALID',
    `${resourceName(object)} has generateName, and what is deployed needs a name`,
    {
      hint: 'give it metadata.name',
    },
  )
}

/** Requests under way at once; API servers queue what is more than a few per client. */
const atOnce = 8

async function deployWave(
  client: KubeClient,
  wave: readonly ResourceObject[],
  request: DeployRequest,
): Promise<readonly DeployedObject[]> {
  const limit = createLimiter(atOnce)
  const outcomes = await Promise.allSettled(wave.map((object) => limit(() => applyOne(client, object, request))))
  const deployed: DeployedObject[] = []
  outcomes.forEach((outcome, index) => {
    const object = wave[index]
    if (outcome.status === 'rejected' || object === undefined) return
    report(object, outcome.value, request.emit)
    deployed.push({ ref: refOf(outcome.value.object), action: outcome.value.action })
  })
  const failed = outcomes.find((outcome): outcome is PromiseRejectedResult => outcome.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  await awaitWave(client, wave, { deployed, request })
  return deployed
}

function report(object: ResourceObject, { action, warnings }: ApplyOutcome, emit: Emit): void {
  for (const text of warnings) emit({ type: 'warning', text: `${resourceName(object)}: ${text}` })
  emit({ type: 'resourceApplied', resource: resourceName(object), action })
}

function refOf({ apiVersion, kind, metadata: { name, namespace } }: KubeObject): ObjectRef {
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) }
}

async function applyOne(client: KubeClient, object: ResourceObject, request: DeployRequest): Promise<ApplyOutcome> {
  const { fieldManager = 'catamaran', force = false, signal } = request
  const bare = withoutManagedFields(object)
  const apply = async (): Promise<ApplyOutcome> => {
    try {
      return await client.apply(bare, { fieldManager, force, signal })
    } catch (error) {
      if (request.recreate === true && isUnchangeable(error)) return recreate(client, bare, request)
      if (lacksServiceAccount(bare, error)) {
        await awaitServiceAccount(client, bare.metadata.namespace ?? client.namespace, signal)
        return client.apply(bare, { fieldManager, force, signal })
      }
      if (!isKubectlConflict(error)) throw error
      const text = `${resourceName(object)} was deployed by "kubectl apply" or Skaffold before; its fields are taken over`
      request.emit({ type: 'info', text })
      return client.apply(bare, { fieldManager, force: true, signal })
    }
  }
  const isOfOwnKind = request.objects.some((other) => defines(other, object))
  return isOfOwnKind ? untilServed(apply, signal) : apply()
}

/**
 * Whether only the fields of the same manifest's former life are in the way: what `kubectl apply`, Skaffold's way of
 * deploying, wrote. kubectl takes these over as well when it changes to server-side apply.
 */
function isKubectlConflict(error: unknown): boolean {
  if (!isToolError(error, 'KUBE_CONFLICT') || !(error.cause instanceof KubeRefusal)) return false
  const { causes } = error.cause
  const isKubectl = /^conflict with "kubectl-client-side-apply"(?: |$)/
  return causes.length > 0 && causes.every(({ message }) => isKubectl.test(message))
}

/** A namespace that somebody has just made gets its service account a moment later. */
function lacksServiceAccount({ kind, spec }: KubeObject, error: unknown): boolean {
  if (kind !== 'Pod' || !isToolError(error, 'KUBE_FORBIDDEN')) return false
  const account = valueAt(spec, ['serviceAccountName']) ?? 'default'
  return account === 'default' && /error looking up service account \S+\/default:/.test(error.message)
}

/** Immutable fields, and fields that somebody else holds. */
function isUnchangeable(error: unknown): boolean {
  return isToolError(error, 'KUBE_INVALID', 'KUBE_CONFLICT') && error.cause instanceof KubeRefusal
}

const goneMs = 60_000

/** As `kubectl replace --force` does it. An object that is invalid in itself is refused again then, and is gone. */
async function recreate(client: KubeClient, object: KubeObject, request: DeployRequest): Promise<ApplyOutcome> {
  const { fieldManager = 'catamaran', signal } = request
  const { apiVersion, kind, metadata } = object
  const ref = refOf(object)
  const there = await client.get(ref, signal)
  if (there === undefined) return client.apply(object, { fieldManager, force: true, signal })
  request.emit({ type: 'info', text: ` - ${resourceName({ apiVersion, kind, metadata })} is deleted and made anew` })
  await client.delete(ref, { isForeground: true, signal })
  await waitForObject(
    client,
    { ref, isDone: (now) => now?.metadata.uid !== there.metadata.uid },
    { timeoutMs: goneMs, signal },
  )
  return client.apply(object, { fieldManager, force: true, signal })
}

/** Manifests that were exported from a cluster have them; apply refuses them. */
function withoutManagedFields(object: ResourceObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

function defines(definition: ResourceObject, object: ResourceObject): boolean {
  if (groupKind(definition) !== 'CustomResourceDefinition.apiextensions.k8s.io') return false
  const group = valueAt(definition, ['spec', 'group'])
  const kind = valueAt(definition, ['spec', 'names', 'kind'])
  return object.kind === kind && object.apiVersion.startsWith(`${String(group)}/`)
}

/** An established kind is not served by every API server at the same moment. */
async function untilServed<T>(apply: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await apply()
    } catch (error) {
      if (attempt === 20 || !isToolError(error, 'KUBE_UNKNOWN_KIND', 'KUBE_NOT_FOUND')) throw error
      await sleep(250, undefined, { signal })
    }
  }
}

interface Wave {
  readonly deployed: readonly DeployedObject[]
  readonly request: DeployRequest
}

/** What the next wave relies on and the cluster does by itself. */
async function awaitWave(
  client: KubeClient,
  wave: readonly ResourceObject[],
  { deployed, request: { objects, emit, signal } }: Wave,
): Promise<void> {
  const definitions = wave.filter((object) => objects.some((other) => defines(object, other)))
  await Promise.all(definitions.map(async (definition) => awaitDefinition(client, definition, { emit, signal })))
  const fresh = deployed.filter(({ ref, action }) => ref.kind === 'Namespace' && action === 'created')
  const withPods = fresh.filter(({ ref }) =>
    objects.some(({ kind, metadata }) => kind === 'Pod' && (metadata.namespace ?? client.namespace) === ref.name),
  )
  await Promise.all(withPods.map(async ({ ref }) => awaitServiceAccount(client, ref.name, signal)))
}
