import { setTimeout as sleep } from 'node:timers/promises'
import type { KubeClient, KubeObject } from '../../src/kube/index.ts'

/** What a cluster that nobody knows can do, found out by starting pods in it. */
export interface Abilities {
  /** Architectures of nodes that take ordinary pods, by how many there are. */
  readonly nodes: ReadonlyMap<string, number>
  /** Of these the ones where a pod of a test image came to run. */
  readonly running: ReadonlySet<string>
  /** Programs are really executed: their output comes back as logs. */
  readonly hasLogs: boolean
  /** Deleted pods go away. */
  readonly deletesPods: boolean
  /** Somebody gives pods to nodes, or says why not. */
  readonly hasScheduler: boolean
  /** Deployments get ReplicaSets, namespaces a service account. */
  readonly hasControllers: boolean
  /** Why no pod runs, or none of an architecture. */
  readonly obstacles: readonly string[]
}

/** Images to try it with. */
export interface ProbeImages {
  readonly amd64: string
  readonly arm64: string
}

/** Long enough for a kubelet to fetch a small image, and for a controller to wake up. */
const patienceMs = 60_000

/** Finds out what the cluster does with pods; `namespace` is new, and takes them. */
export async function findAbilities(
  client: KubeClient,
  namespace: string,
  images: ProbeImages,
): Promise<Omit<Abilities, 'hasControllers'>> {
  const nodes = await architecturesOf(client)
  const asked = (['amd64', 'arm64'] as const).filter((architecture) => nodes.has(architecture))
  const probes = await Promise.all(
    asked.map(async (architecture) => probe(client, { namespace, architecture, image: images[architecture] })),
  )
  const running = new Set(probes.filter(({ state }) => state === 'running').map(({ architecture }) => architecture))
  const deleted = await Promise.all(probes.map(async ({ pod }) => goesAway(client, pod)))
  return {
    nodes,
    running,
    hasLogs: probes.some(({ logs }) => logs),
    deletesPods: deleted.every(Boolean),
    hasScheduler: probes.length === 0 ? false : probes.some(({ isSeen }) => isSeen),
    obstacles: probes.flatMap(({ obstacle }) => obstacle ?? []),
  }
}

/** One line about the cluster and the abilities it lacks. */
export function describeAbilities(found: Abilities): string {
  const count = [...found.nodes].map(([architecture, number]) => `${number} ${architecture}`).join(', ')
  const lacks = [
    ...(found.running.size === 0 ? ['no pod of a test image runs'] : [`pods run on ${[...found.running].join(', ')}`]),
    ...(found.hasLogs ? [] : ['no program is executed']),
    ...(found.deletesPods ? [] : ['deleted pods stay']),
    ...(found.hasScheduler ? [] : ['there is no scheduler']),
    ...(found.hasControllers ? [] : ['there are no controllers']),
    ...found.obstacles,
  ]
  return `nodes that take pods: ${count === '' ? 'none' : count}; ${lacks.join('; ')}`
}

interface ProbePod {
  readonly namespace: string
  readonly architecture: string
  readonly image: string
}

interface Probed {
  readonly architecture: string
  readonly pod: { readonly namespace: string; readonly name: string }
  readonly state: 'running' | 'other'
  readonly logs: boolean
  /** A node was chosen, or it was said why none was. */
  readonly isSeen: boolean
  readonly obstacle?: string
}

async function probe(client: KubeClient, { namespace, architecture, image }: ProbePod): Promise<Probed> {
  const pod = { namespace, name: `probe-${architecture}` }
  const spec = {
    terminationGracePeriodSeconds: 1,
    nodeSelector: { 'kubernetes.io/arch': architecture },
    containers: [{ name: 'c', image }],
  }
  const base = { architecture, pod, logs: false, isSeen: false, state: 'other' as const }
  try {
    await client.apply({ apiVersion: 'v1', kind: 'Pod', metadata: pod, spec }, { fieldManager: 'catamaran-test' })
  } catch (error) {
    return { ...base, obstacle: `no pod can be made: ${String(error)}` }
  }
  const last = await settled(client, pod)
  const isSeen = valueIn(last, 'spec', 'nodeName') !== undefined || conditionOf(last, 'PodScheduled') !== undefined
  if (valueIn(last, 'status', 'phase') === 'Running') {
    return { ...base, isSeen, state: 'running', logs: await says(client, pod, `hello from ${architecture}`) }
  }
  return { ...base, isSeen, obstacle: `on ${architecture}: ${whyNot(last)}` }
}

/** The pod when it runs, when it cannot, or when it took too long. */
async function settled(client: KubeClient, pod: { namespace: string; name: string }): Promise<KubeObject | undefined> {
  let last: KubeObject | undefined
  await until(patienceMs, async () => {
    last = await client.get({ apiVersion: 'v1', kind: 'Pod', ...pod })
    const isDone =
      valueIn(last, 'status', 'phase') === 'Running' || /PullBackOff|CreateContainer|InvalidImage/.test(whyNot(last))
    return isDone ? last : undefined
  })
  return last
}

async function says(client: KubeClient, pod: { namespace: string; name: string }, text: string): Promise<boolean> {
  const found = await until(10_000, async () => {
    try {
      for await (const line of client.logs(pod, { signal: AbortSignal.timeout(5_000) })) {
        if (line.includes(text)) return true
      }
    } catch {
      // a node that is not a machine has none
    }
    return undefined
  })
  return found === true
}

async function goesAway(client: KubeClient, pod: { namespace: string; name: string }): Promise<boolean> {
  const ref = { apiVersion: 'v1', kind: 'Pod', ...pod }
  if (!(await client.delete(ref).catch(() => false))) return true
  return (await until(30_000, async () => ((await client.get(ref)) === undefined ? true : undefined))) === true
}

async function architecturesOf(client: KubeClient): Promise<ReadonlyMap<string, number>> {
  const nodes = await client.list({ apiVersion: 'v1', kind: 'Node' })
  const counts = new Map<string, number>()
  for (const { spec, metadata } of nodes) {
    const { unschedulable, taints = [] } = (spec ?? {}) as {
      unschedulable?: boolean
      taints?: readonly { effect: string }[]
    }
    if (unschedulable === true || taints.some(({ effect }) => effect !== 'PreferNoSchedule')) continue
    const architecture = metadata.labels?.['kubernetes.io/arch'] ?? 'unknown'
    counts.set(architecture, (counts.get(architecture) ?? 0) + 1)
  }
  return counts
}

function whyNot(pod: KubeObject | undefined): string {
  const waiting = statusesOf(pod).map(({ state }) => state?.waiting)[0]
  if (waiting !== undefined) return `${waiting.reason ?? 'waiting'}: ${waiting.message ?? ''}`
  const condition = conditionOf(pod, 'PodScheduled')
  if (condition?.status === 'False') return condition.message ?? 'it was not scheduled'
  const phase = valueIn(pod, 'status', 'phase')
  return `it stayed ${typeof phase === 'string' ? phase : 'away'}`
}

interface ContainerStatus {
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } }
}

function statusesOf(pod: KubeObject | undefined): readonly ContainerStatus[] {
  return (valueIn(pod, 'status', 'containerStatuses') ?? []) as readonly ContainerStatus[]
}

interface Condition {
  readonly type: string
  readonly status: string
  readonly message?: string
}

function conditionOf(pod: KubeObject | undefined, type: string): Condition | undefined {
  const conditions = (valueIn(pod, 'status', 'conditions') ?? []) as readonly Condition[]
  return conditions.find((condition) => condition.type === type)
}

function valueIn(object: KubeObject | undefined, part: 'spec' | 'status', member: string): unknown {
  return ((object?.[part] ?? {}) as Readonly<Record<string, unknown>>)[member]
}

/** Asks until there is an answer or the time is over. */
export async function until<T>(patience: number, ask: () => Promise<T | undefined>): Promise<T | undefined> {
  const end = Date.now() + patience
  for (;;) {
    const answer = await ask()
    if (answer !== undefined || Date.now() > end) return answer
    await sleep(250)
  }
}
