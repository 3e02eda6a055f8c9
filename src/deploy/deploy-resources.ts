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
  /** Takes fields away from other managers with an `info`, deletes what cannot be changed, and makes it anew. */
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
 * Fields that `kubectl apply` owns are taken over with an `info`; those of others only with `force` or `recreate`.
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
  const { signal } = request
  const bare = withoutManagedFields(object)
  const apply = async (): Promise<ApplyOutcome> => {
    try {
      return await applyAs(client, bare, request)
    } catch (error) {
      if (lacksServiceAccount(bare, error)) {
        await awaitServiceAccount(client, bare.metadata.namespace ?? client.namespace, signal)
        return applyAs(client, bare, request)
      }
      return applyInSpite(client, bare, { error, request })
    }
  }
  const isOfOwnKind = request.objects.some((other) => defines(other, object))
  return isOfOwnKind ? untilServed(apply, signal) : apply()
}

/** Fields that another manager has in the way are taken where that is right; what cannot be changed is made anew. */
async function applyInSpite(
  client: KubeClient,
  object: KubeObject,
  { error, request }: { readonly error: unknown; readonly request: DeployRequest },
): Promise<ApplyOutcome> {
  const mayRecreate = request.recreate === true
  if (mayRecreate && isUnchangeable(error)) return recreate(client, object, request)
  const managers = managersInTheWay(error)
  if (managers.length === 0 || !(mayRecreate || managers.every((name) => name === kubectlManager))) throw error
  request.emit({ type: 'info', text: takenOverText(object, managers) })
  try {
    return await applyAs(client, object, { ...request, force: true })
  } catch (error_) {
    if (mayRecreate && isUnchangeable(error_)) return recreate(client, object, request)
    throw error_
  }
}

async function applyAs(client: KubeClient, object: KubeObject, request: DeployRequest): Promise<ApplyOutcome> {
  const { fieldManager = 'catamaran', force = false, signal, emit } = request
  const outcome = await client.apply(object, { fieldManager, force, signal })
  if (outcome.takenFrom.length > 0) emit({ type: 'info', text: takenOverText(object, outcome.takenFrom) })
  return outcome
}

/** What `kubectl apply` writes as, and Skaffold, whose way of deploying it is. */
const kubectlManager = 'kubectl-client-side-apply'

function takenOverText(object: KubeObject, managers: readonly string[]): string {
  const { apiVersion, kind, metadata } = object
  const what = resourceName({ apiVersion, kind, metadata })
  return managers.every((name) => name === kubectlManager)
    ? `${what} was deployed by "kubectl apply" or Skaffold before; its fields are taken over`
    : `${what}: fields of ${managers.map((name) => `"${name}"`).join(', ')} are taken over`
}

/** Who owns the fields that were refused; none when the error is another. */
function managersInTheWay(error: unknown): readonly string[] {
  if (!isToolError(error, 'KUBE_CONFLICT') || !(error.cause instanceof KubeRefusal)) return []
  const names = error.cause.causes.map(({ message }) => /^conflict with "([^"]*)"/.exec(message)?.[1])
  return [...new Set(names.map((name) => name ?? 'another manager'))]
}

/** A namespace that somebody has just made gets its service account a moment later. */
function lacksServiceAccount({ kind, spec }: KubeObject, error: unknown): boolean {
  if (kind !== 'Pod' || !isToolError(error, 'KUBE_FORBIDDEN')) return false
  const account = valueAt(spec, ['serviceAccountName']) ?? 'default'
  return account === 'default' && /error looking up service account \S+\/default:/.test(error.message)
}

function isUnchangeable(error: unknown): boolean {
  return isToolError(error, 'KUBE_INVALID') && error.cause instanceof KubeRefusal
}

const goneMs = 60_000

/** As `kubectl replace --force` does it. An object that is invalid in itself is refused again then, and is gone. */
async function recreate(client: KubeClient, object: KubeObject, request: DeployRequest): Promise<ApplyOutcome> {
  const { signal } = request
  const { apiVersion, kind, metadata } = object
  const ref = refOf(object)
  const there = await client.get(ref, signal)
  if (there === undefined) return applyAs(client, object, { ...request, force: true })
  request.emit({ type: 'info', text: ` - ${resourceName({ apiVersion, kind, metadata })} is deleted and made anew` })
  await client.delete(ref, { isForeground: true, signal })
  await waitForObject(
    client,
    { ref, isDone: (now) => now?.metadata.uid !== there.metadata.uid },
    { timeoutMs: goneMs, signal },
  )
  return applyAs(client, object, { ...request, force: true })
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
