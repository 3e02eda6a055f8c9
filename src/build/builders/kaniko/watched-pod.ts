import { ToolError } from '../../../errors/index.ts'
import type { KubeClient, KubeObject, ObjectRef } from '../../../kube/index.ts'
import { formatPlatform, type Platform } from '../../../platform/index.ts'
import { platformLabels } from './kaniko-pod.ts'

/** What keeps a pod from working, as the status checks say it. */
export interface PodTrouble {
  readonly cause: string
  readonly message: string
  /** Waiting longer will not help. */
  readonly isFatal: boolean
}

/** A pod that builds, and how it is looked at. */
export interface WatchedPod {
  readonly client: KubeClient
  readonly ref: ObjectRef & { readonly namespace: string }
  /** The artifact's. */
  readonly image: string
  readonly platform: Platform
  readonly diagnose: (pod: KubeObject) => PodTrouble | undefined
  /** How long a pod may wait for a node of a platform that the cluster has no node of. */
  readonly patienceMs: number
  readonly say: (text: string) => void
  /** What is only said once. */
  readonly said: Set<string>
  readonly signal: AbortSignal
}

/**
 * Watches the pod until `judge` has something to say of it.
 * @throws BUILD_POD_FAILED when it will never come to that
 * @throws BUILD_NODE_MISSING when no node can run it, and none is on its way
 */
export async function awaitPod<T>(watched: WatchedPod, judge: (pod: KubeObject) => T | undefined): Promise<T> {
  const { client, ref, signal } = watched
  const own = new AbortController()
  const patience = createPatience(watched, own)
  const stopTelling = tellWarnings(watched)
  const events = client.watch(
    { apiVersion: ref.apiVersion, kind: ref.kind },
    {
      namespace: ref.namespace,
      fieldSelector: `metadata.name=${ref.name}`,
      signal: AbortSignal.any([signal, own.signal]),
    },
  )
  let isThere = false
  try {
    for await (const event of events) {
      const isEnd = event.type === 'SYNCED'
      if (event.type === 'DELETED' || (isEnd && !isThere)) throw gone(watched)
      if (isEnd) continue
      isThere = true
      const answer = judge(event.object)
      if (answer !== undefined) return answer
      patience.look(lookAt(event.object, watched))
    }
    throw gone(watched)
  } finally {
    patience.stop()
    stopTelling()
    own.abort()
  }
}

/**
 * Looks at the pod once.
 * @throws BUILD_POD_FAILED when it will never work
 */
export async function checkPod(watched: WatchedPod): Promise<void> {
  const pod = await watched.client.get(watched.ref, watched.signal)
  if (pod === undefined) throw gone(watched)
  lookAt(pod, watched)
}

/** What is wrong with the pod and may still end well. */
function lookAt(pod: KubeObject, watched: WatchedPod): PodTrouble | undefined {
  const trouble = watched.diagnose(pod)
  if (trouble?.isFatal === true) throw failed(watched, trouble)
  return trouble
}

interface Patience {
  look(trouble: PodTrouble | undefined): void
  stop(): void
}

/** Says once what the pod waits for; gives up when there is no node that it could ever run on. */
function createPatience(watched: WatchedPod, own: AbortController): Patience {
  let timer: NodeJS.Timeout | undefined
  const stop = (): void => {
    clearTimeout(timer)
    timer = undefined
  }
  const giveUp = async (): Promise<void> => {
    try {
      if (await isHopeless(watched)) own.abort(nodeMissing(watched))
    } catch {
      // whoever may not list nodes or events waits until the build's time is over
    }
  }
  return {
    look(trouble) {
      if (trouble?.cause !== 'unschedulable') stop()
      if (trouble === undefined || trouble.cause === 'starting' || trouble.cause === 'notReady') return
      sayOnce(watched, trouble.message)
      if (trouble.cause === 'unschedulable') timer ??= setTimeout(() => void giveUp(), watched.patienceMs)
    },
    stop,
  }
}

function sayOnce({ said, say }: WatchedPod, text: string): void {
  if (said.has(text)) return
  said.add(text)
  say(text)
}

/** What a pod's status does not say, a volume that cannot be mounted for instance, stands in the cluster's events. */
function tellWarnings(watched: WatchedPod): () => void {
  const tell = async (): Promise<void> => {
    for (const { type, reason, message } of await listEvents(watched)) {
      // what the scheduler says is in the status, too
      if (type === 'Warning' && reason !== 'FailedScheduling') sayOnce(watched, `${String(reason)}: ${String(message)}`)
    }
  }
  // whoever may not list events goes without
  const timer = setInterval(() => void tell().catch(() => {}), watched.patienceMs / 3)
  return () => clearInterval(timer)
}

async function listEvents({ client, ref, signal }: WatchedPod): Promise<readonly KubeObject[]> {
  const fieldSelector = `involvedObject.kind=Pod,involvedObject.name=${ref.name}`
  return client.list({ apiVersion: 'v1', kind: 'Event' }, { namespace: ref.namespace, fieldSelector, signal })
}

/** What autoscalers say when a node is on its way. */
const comingReasons: ReadonlySet<unknown> = new Set(['Nominated', 'TriggeredScaleUp'])

async function isHopeless(watched: WatchedPod): Promise<boolean> {
  const { client, platform, signal } = watched
  const labelSelector = Object.entries(platformLabels(platform))
    .map(([name, value]) => `${name}=${value}`)
    .join(',')
  const nodes = await client.list({ apiVersion: 'v1', kind: 'Node' }, { labelSelector, signal })
  if (nodes.length > 0) return false
  const events = await listEvents(watched)
  return !events.some((event) => comingReasons.has(event['reason']))
}

function nodeMissing({ image, platform }: WatchedPod): ToolError {
  const name = formatPlatform(platform)
  return new ToolError(
    'BUILD_NODE_MISSING',
    `no node of the cluster is ${name}, so kaniko cannot build ${image} for it`,
    {
      hint: `add a node of ${name}, or name the platforms to build for with --platform`,
    },
  )
}

function gone({ ref, image, platform }: WatchedPod): ToolError {
  const message = `pod ${ref.namespace}/${ref.name} was deleted while it built ${image} for ${formatPlatform(platform)}`
  return new ToolError('BUILD_POD_FAILED', message, { hint: 'build again' })
}

function failed(watched: WatchedPod, { cause, message }: PodTrouble): ToolError {
  const { image, platform } = watched
  const name = formatPlatform(platform)
  return new ToolError('BUILD_POD_FAILED', `kaniko could not build ${image} for ${name}: ${message}`, {
    hint: hintFor(cause, name),
  })
}

function hintFor(cause: string, platform: string): string {
  if (cause === 'imageUnauthorized') {
    return 'name a secret with kaniko.imagePullSecret, or an image that needs none with kaniko.image or kaniko.initImage'
  }
  if (cause === 'noPlatform' || cause === 'wrongProgram' || cause === 'crash') {
    return `set kaniko.initImage and kaniko.image to images that have a variant for ${platform}; kaniko.initImage: busybox has`
  }
  if (cause === 'imagePull' || cause === 'imageName') return 'correct kaniko.image or kaniko.initImage'
  return 'look at the pods and events of its namespace, and at build.cluster'
}
