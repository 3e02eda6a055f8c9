import { setTimeout as sleep } from 'node:timers/promises'
import type { KubeClient, KubeObject, ObjectRef } from '../kube/index.ts'
import { waitForObject } from '../kube/index.ts'
import { renderResources } from '../render/index.ts'
import { parseResources } from '../resource/index.ts'
import type { BuiltArtifact, Context } from './contract.ts'
import type { RunFailure } from './exec-failure.ts'
import { makeJob, type JobContainer } from './exec-job-object.ts'
import { tryListNodes } from './nodes.ts'

/** A container that runs as a Job. */
export interface JobRun extends JobContainer {
  readonly built: readonly BuiltArtifact[]
  /** The context's when absent. */
  readonly namespace?: string
}

/**
 * Runs a container as a Job, placed where its image runs, passes its log on, and deletes the Job, whatever happens.
 * @throws what the cluster refuses; the signal's reason
 */
export async function runAsJob(context: Context, run: JobRun): Promise<RunFailure> {
  const client = await context.connect()
  const job = await placed(context, client, run)
  const { namespace = client.namespace } = job.metadata
  const ref: ObjectRef = { apiVersion: 'batch/v1', kind: 'Job', name: job.metadata.name, namespace }
  try {
    await client.apply(job, { fieldManager: 'catamaran', signal: context.signal })
    return await follow(context, client, { ref, container: run.container.name })
  } finally {
    // without the context's signal: it is aborted after Ctrl+C
    await client.delete(ref).catch(() => {})
  }
}

async function placed(context: Context, client: KubeClient, run: JobRun): Promise<KubeObject> {
  const { signal, emit } = context
  const job = await makeJob(run, { runId: context.runId, namespace: run.namespace ?? client.namespace })
  const [resource] = await renderResources({
    resources: parseResources(JSON.stringify(job), run.container.name),
    builtImages: run.built.flatMap(({ reference, platforms }) =>
      platforms === undefined || reference !== run.container.image ? [] : [{ image: reference, reference, platforms }],
    ),
    labels: {},
    placement: {
      enabled: true,
      nodes: await tryListNodes(context),
      forced: false,
      gke: ((await context.kubeContext()) ?? '').startsWith('gke'),
      inspect: async (reference) => (await context.inspector()).inspect(reference, signal),
    },
    onUsed: () => {},
    emit,
  })
  return resource?.object ?? job
}

interface Followed {
  readonly ref: ObjectRef
  readonly container: string
}

const pollMs = 250
const longMs = 24 * 60 * 60 * 1000

async function follow(context: Context, client: KubeClient, { ref, container }: Followed): Promise<RunFailure> {
  const { signal, emit } = context
  const started = await startedPod(client, ref, { container, signal })
  if (started.failure !== undefined) return started.failure
  if (started.pod !== undefined) {
    const { name, namespace = client.namespace } = started.pod.metadata
    for await (const text of client.logs({ namespace, name }, { container, follow: true, signal })) {
      emit({ type: 'actionOutput', name: container, text })
    }
  }
  let last: KubeObject | undefined
  await waitForObject(
    client,
    { ref, isDone: (job) => ((last = job), job === undefined || isFinished(job)) },
    { timeoutMs: longMs, signal },
  )
  if (last === undefined) return 'its Job was deleted'
  return number(last, 'succeeded') > 0 ? undefined : describeEnd(started.pod, client, { container, signal })
}

interface Started {
  readonly pod?: KubeObject
  readonly failure?: string
}

interface Watched {
  readonly container: string
  readonly signal: AbortSignal
}

/** Waits until the container runs or has run, or will never run. */
async function startedPod(client: KubeClient, ref: ObjectRef, { container, signal }: Watched): Promise<Started> {
  const place = ref.namespace === undefined ? {} : { namespace: ref.namespace }
  for (;;) {
    const selector = { labelSelector: `job-name=${ref.name}`, signal, ...place }
    const [pod] = await client.list({ apiVersion: 'v1', kind: 'Pod' }, selector)
    const started = pod === undefined ? undefined : judgePod(pod, container)
    if (started !== undefined) return started
    const job = await client.get(ref, signal)
    if (job === undefined || (pod === undefined && isFinished(job))) return { failure: 'its Job made no pod' }
    await sleep(pollMs, undefined, { signal })
  }
}

const hopeless = /^(?:ErrImagePull|ImagePullBackOff|InvalidImageName|CreateContainer\w*Error)$/

/** Undefined while the container may still start. */
function judgePod(pod: KubeObject, container: string): Started | undefined {
  const state = stateOf(pod, container)
  if ('running' in state || 'terminated' in state) return { pod }
  const { reason, message } = record(state['waiting'])
  if (typeof reason !== 'string' || !hopeless.test(reason)) return undefined
  return { failure: `${reason}: ${typeof message === 'string' ? message : 'it cannot start'}` }
}

async function describeEnd(
  pod: KubeObject | undefined,
  client: KubeClient,
  { container, signal }: Watched,
): Promise<string> {
  if (pod === undefined) return 'its Job failed'
  const { name, namespace = client.namespace } = pod.metadata
  const now = await client.get({ apiVersion: 'v1', kind: 'Pod', namespace, name }, signal)
  const terminated = record(now === undefined ? undefined : stateOf(now, container)['terminated'])
  const code = terminated['exitCode']
  const reason = terminated['reason']
  if (typeof code !== 'number') return 'its Job failed'
  return typeof reason === 'string' && reason !== 'Error'
    ? `it exited with ${code} (${reason})`
    : `it exited with ${code}`
}

function stateOf(pod: KubeObject, container: string): Readonly<Record<string, unknown>> {
  const statuses = record(pod['status'])['containerStatuses']
  const own = Array.isArray(statuses) ? statuses.find((status) => record(status)['name'] === container) : undefined
  return record(record(own)['state'])
}

function isFinished(job: KubeObject): boolean {
  return number(job, 'succeeded') > 0 || number(job, 'failed') > 0
}

function number(job: KubeObject, field: string): number {
  const value = record(job['status'])[field]
  return typeof value === 'number' ? value : 0
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}
