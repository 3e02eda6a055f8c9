import { randomBytes } from 'node:crypto'
import type { ClusterBuild } from '../../../config/index.ts'
import { parseGoDuration } from '../../../dockerfile/index.ts'
import { isToolError, ToolError } from '../../../errors/index.ts'
import type { Image } from '../../../image/index.ts'
import type { BaseInspector } from '../../../inspect/index.ts'
import type { KubeClient, KubeObject } from '../../../kube/index.ts'
import { formatPlatform, platformTagSuffix, type Platform } from '../../../platform/index.ts'
import { formatFamiliar, withTag, type Reference } from '../../../reference/index.ts'
import type { Registry } from '../../../registry/index.ts'
import { findImages } from '../../cache/find-images.ts'
import type { Builder, BuildRequest, BuildResult, Explanation } from '../../contract.ts'
import type { RegistryTrust } from '../../registry-trust.ts'
import type { ClusterSecretNames, ClusterSecrets } from '../cluster/cluster-secrets.ts'
import { onlyImageFor } from '../dockerfile/read-export.ts'
import { followExecutor } from './follow-executor.ts'
import { kanikoDependencies, kanikoOf, packContext, type SentContext } from './kaniko-context.ts'
import { containers, kanikoPod } from './kaniko-pod.ts'
import { sendContext } from './send-context.ts'
import { awaitPod, type PodTrouble, type WatchedPod } from './watched-pod.ts'

/** What the builder of kaniko artifacts needs from outside. */
export interface KanikoBuilderParts {
  /** Connects to the cluster that builds. */
  readonly connect: () => Promise<KubeClient>
  /** Knows what the executor has pushed. */
  readonly registry: Registry
  /** Tells which files base images copy by themselves; absent: those are not sent. */
  readonly bases?: BaseInspector
  readonly trust: RegistryTrust
  readonly secrets: ClusterSecrets
  /** Must be there; big contexts are kept in it until they are sent. */
  readonly workFolder: string
  /** What keeps a pod from working. */
  readonly diagnose: (pod: KubeObject) => PodTrouble | undefined
  /** How long a pod may wait for a node of a platform that the cluster has no node of; 30 s when absent. */
  readonly patienceMs?: number
}

/**
 * Builds Dockerfiles with kaniko in a pod per platform, on a node of that platform: nothing is emulated. The context is
 * sent into the pod, whose log is passed on; pod and secrets are deleted, however it ends. The executor pushes; an image
 * that others are put together with goes under a tag of its own.
 *
 * `build` throws BUILD_CONTEXT_NOT_SENT, BUILD_NODE_MISSING, BUILD_POD_FAILED, BUILD_RESULT_INVALID, BUILD_SECRET_MISSING,
 * BUILD_TIMEOUT, BUILD_TOOL_FAILED, what the cluster refuses, and what reading the Dockerfile throws.
 */
export function createKanikoBuilder(parts: KanikoBuilderParts): Builder {
  return {
    multiPlatform: false,
    async build(request) {
      const { artifact, emit, signal } = request
      // what is wrong with the Dockerfile is said before anything is made in the cluster
      const context = await packContext(request, parts)
      const { cluster = {} } = artifact
      return parts.secrets.use({ cluster, emit, signal }, async (secrets) =>
        buildInTime({ request, platform: platformOf(request), cluster, context, secrets }, parts),
      )
    },
    dependencies: async (request) => kanikoDependencies(request, parts.bases),
    explain: ({ platforms }) => Promise.resolve(platforms.map(explain)),
  }
}

function explain(platform: Platform): Explanation {
  return { platform, builder: 'kaniko', reason: `in a pod on a node of ${formatPlatform(platform)}` }
}

function platformOf({ platforms }: BuildRequest): Platform {
  const [platform, ...others] = platforms
  if (platform !== undefined && others.length === 0) return platform
  throw new Error('kaniko builds one platform at a time')
}

interface Work {
  readonly request: BuildRequest
  readonly platform: Platform
  readonly cluster: ClusterBuild
  readonly context: SentContext
  readonly secrets: ClusterSecretNames
}

const defaultTimeout = '20m'
/** How long a pod lives on when nobody is left to delete it. */
const slackSeconds = 60

async function buildInTime(work: Work, parts: KanikoBuilderParts): Promise<BuildResult> {
  const { request, cluster, platform } = work
  const { timeout = defaultTimeout } = cluster
  const timeoutMs = (parseGoDuration(timeout) ?? 1200e9) / 1e6
  const deadline = AbortSignal.timeout(timeoutMs)
  const inTime = { ...request, signal: AbortSignal.any([request.signal, deadline]) }
  const last: { text?: string } = {}
  try {
    return await buildInPod({ ...work, request: inTime }, { timeoutMs, last }, parts)
  } catch (error) {
    request.signal.throwIfAborted()
    if (!deadline.aborted) throw error
    const said = last.text === undefined ? '' : `, the last that it said: ${last.text}`
    const what = `${request.artifact.image} for ${formatPlatform(platform)}`
    throw new ToolError('BUILD_TIMEOUT', `kaniko did not build ${what} within ${timeout}${said}`, {
      hint: 'give it more time with build.cluster.timeout',
      cause: error,
    })
  }
}

interface Told {
  readonly timeoutMs: number
  readonly last: { text?: string }
}

async function buildInPod(work: Work, { timeoutMs, last }: Told, parts: KanikoBuilderParts): Promise<BuildResult> {
  const { request, platform, cluster, context, secrets } = work
  const { artifact, reference, emit, signal, parents } = request
  const client = await parts.connect()
  const { kaniko, target } = targetOf(request, platform, context)
  const pod = kanikoPod({
    name: `kaniko-${randomBytes(5).toString('hex')}`,
    namespace: cluster.namespace ?? client.namespace,
    cluster,
    reference,
    secrets,
    deadlineSeconds: Math.ceil(timeoutMs / 1000) + slackSeconds,
    job: {
      kaniko,
      platform,
      destinations: target.names,
      registry: reference.registry,
      trust: parts.trust,
      ...(parents === undefined ? {} : { parents }),
    },
  })
  const say = (text: string): void => {
    last.text = text
    emit({ type: 'buildOutput', image: artifact.image, platform: formatPlatform(platform), text })
  }
  const { name, namespace = client.namespace } = pod.metadata
  const watched: WatchedPod = {
    client,
    ref: { apiVersion: 'v1', kind: 'Pod', name, namespace },
    image: artifact.image,
    platform,
    diagnose: parts.diagnose,
    patienceMs: parts.patienceMs ?? 30_000,
    say,
    said: new Set(),
    signal,
  }
  try {
    await client.apply(pod, { fieldManager: 'catamaran', signal })
    say(`pod/${name} builds in namespace ${namespace}`)
    await awaitPod(watched, (now) => (isInitRunning(now) ? true : undefined))
    await sendContext(watched, context, { kaniko, emit })
    const digest = await followExecutor(watched)
    return await resultOf(work, { digest, reference: target.reference }, parts)
  } finally {
    await deletePod(watched, emit)
  }
}

interface Target {
  readonly names: readonly [string, ...string[]]
  readonly reference: Reference
}

/** A part of an image goes under a tag of its own, and only the whole under the other names. */
function targetOf(
  { artifact, reference, isPart }: BuildRequest,
  platform: Platform,
  { dockerfile }: SentContext,
): { readonly kaniko: ReturnType<typeof kanikoOf>; readonly target: Target } {
  const kaniko = { ...kanikoOf(artifact), dockerfile }
  const { tag = 'latest' } = reference
  const own = isPart === true ? withTag(reference, `${tag}_${platformTagSuffix(platform)}`) : reference
  const others = isPart === true ? [] : (kaniko.destination ?? [])
  return { kaniko, target: { names: [formatFamiliar(own), ...others], reference: own } }
}

function isInitRunning({ status }: KubeObject): boolean {
  const statuses = recordOf(status)['initContainerStatuses']
  if (!Array.isArray(statuses)) return false
  return statuses.some((one) => {
    const { name, state } = recordOf(one)
    return name === containers.init && recordOf(state)['running'] !== undefined
  })
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

interface Made {
  readonly digest: string | undefined
  readonly reference: Reference
}

/** What was pushed is looked at, so that nothing is labelled with another platform than its own. */
async function resultOf(work: Work, made: Made, { registry }: KanikoBuilderParts): Promise<BuildResult> {
  const { request, platform } = work
  const { signal, isPart, emit } = request
  try {
    const digest = made.digest ?? (await registry.resolve(made.reference, signal))?.digest
    const images =
      digest === undefined ? undefined : await findImages(digest, { registry, repository: made.reference, signal })
    if (digest === undefined || images === undefined) throw nothingMade(made.reference)
    const image: Image = onlyImageFor(platform, images, 'kaniko')
    return isPart === true ? { kind: 'images', images: [image] } : { kind: 'pushed', digest }
  } catch (error) {
    const isOutOfReach = isToolError(error) && error.code.startsWith('REGISTRY_')
    if (!isOutOfReach || isPart === true || made.digest === undefined) throw error
    // some registries can only be reached from within the cluster; the node has told the platform
    emit({ type: 'detail', text: `what kaniko pushed is not looked at: ${error.message}` })
    return { kind: 'pushed', digest: made.digest }
  }
}

function nothingMade(reference: Reference): ToolError {
  const name = formatFamiliar(reference)
  return new ToolError('BUILD_RESULT_INVALID', `kaniko ended well, and there is no ${name} in its registry`, {
    hint: 'look at its output for what it has pushed',
  })
}

const deletionMs = 10_000

/** Also after an abort, and at once: nothing in the pod is worth waiting for. */
async function deletePod({ client, ref }: WatchedPod, emit: BuildRequest['emit']): Promise<void> {
  try {
    await client.delete(ref, { graceSeconds: 0, signal: AbortSignal.timeout(deletionMs) })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    emit({
      type: 'warning',
      text: `pod ${ref.namespace}/${ref.name} could not be deleted: ${why}`,
      hint: `kubectl delete pod ${ref.name} -n ${ref.namespace}`,
    })
  }
}
