import { isToolError } from '../errors/index.ts'
import type { KubeClient } from '../kube/index.ts'
import { isMapping, valueAt } from '../resource/index.ts'
import type { PodProblem } from './checks.ts'
import type { PodTrouble, TroubleCause } from './diagnose-pod.ts'
import { excludedNodes } from './explain-scheduling.ts'

/** A problem with what the cluster had to be asked for. */
export interface ExplainedProblem extends PodProblem {
  /** The last lines that the container wrote. */
  readonly logs: readonly string[]
}

/** Asks for logs, events and the node, as the problem needs it; what the account may not read is left out. */
export async function explain(client: KubeClient, problem: PodProblem, signal: AbortSignal): Promise<ExplainedProblem> {
  const ask = questions[problem.trouble.cause]
  return { ...problem, logs: [], ...(await ask?.(client, problem, signal)) }
}

type Question = (client: KubeClient, problem: PodProblem, signal: AbortSignal) => Promise<Partial<ExplainedProblem>>

const questions: Partial<Readonly<Record<TroubleCause, Question>>> = {
  crash: explainCrash,
  wrongProgram: explainCrash,
  noPlatform: explainPlatform,
  starting: explainWarning,
  notReady: explainWarning,
  exited: explainWarning,
  unschedulable: explainScheduling,
}

async function explainCrash(
  client: KubeClient,
  problem: PodProblem,
  signal: AbortSignal,
): Promise<Partial<ExplainedProblem>> {
  const logs = await lastLines(client, problem, signal)
  const isForeign = problem.trouble.cause === 'wrongProgram' || logs.some((line) => /exec format error/i.test(line))
  if (!isForeign) return { ...(await explainWarning(client, problem, signal)), logs }
  return { trouble: foreign(problem, await nodePlatform(client, problem.pod.node, signal)), logs }
}

async function explainPlatform(
  client: KubeClient,
  { pod, trouble }: PodProblem,
  signal: AbortSignal,
): Promise<Partial<ExplainedProblem>> {
  const platform = await nodePlatform(client, pod.node, signal)
  return { trouble: { ...trouble, message: `${trouble.message} (node ${pod.node}${platform})` } }
}

/** The scheduler counts nodes; which rule excludes which of them it does not say. */
async function explainScheduling(
  client: KubeClient,
  { pod, trouble }: PodProblem,
  signal: AbortSignal,
): Promise<Partial<ExplainedProblem>> {
  const excluded = (await tolerate(() => excludedNodes(client, pod, signal), signal)) ?? []
  if (excluded.length === 0) return {}
  return { trouble: { ...trouble, message: `${trouble.message} (${excluded.join('; ')})` } }
}

async function explainWarning(
  client: KubeClient,
  problem: PodProblem,
  signal: AbortSignal,
): Promise<Partial<ExplainedProblem>> {
  const { trouble } = problem
  const event = await lastWarning(client, problem, signal)
  return event === '' ? {} : { trouble: { ...trouble, message: `${trouble.message}: ${event}` } }
}

function foreign({ pod, trouble }: PodProblem, platform: string): PodTrouble {
  return {
    ...trouble,
    cause: 'wrongProgram',
    message: `${trouble.message}: exec format error: its program is for another architecture than node ${pod.node}${platform}`,
  }
}

const lines = 5

async function lastLines(client: KubeClient, { pod, trouble }: PodProblem, signal: AbortSignal): Promise<string[]> {
  const { container } = trouble
  if (container === undefined) return []
  for (const previous of [false, true]) {
    const found = await tolerate(async () => {
      const read: string[] = []
      const options = {
        container,
        tailLines: lines,
        previous,
        signal: AbortSignal.any([signal, AbortSignal.timeout(3_000)]),
      }
      for await (const line of client.logs(pod, options)) read.push(line)
      return read
    }, signal)
    if (found !== undefined && found.length > 0) return found
  }
  return []
}

/** `, which is linux/arm64`, or nothing. */
async function nodePlatform(client: KubeClient, name: string, signal: AbortSignal): Promise<string> {
  if (name === '') return ''
  const node = await tolerate(() => client.get({ apiVersion: 'v1', kind: 'Node', name }, signal), signal)
  const [os, architecture] = ['operatingSystem', 'architecture'].map((key) =>
    valueAt(node, ['status', 'nodeInfo', key]),
  )
  return typeof os === 'string' && typeof architecture === 'string' ? `, which is ${os}/${architecture}` : ''
}

/** What kubelet last complained about: a probe, a volume. That it backs off is known. */
async function lastWarning(client: KubeClient, { pod }: PodProblem, signal: AbortSignal): Promise<string> {
  const events = await tolerate(
    () =>
      client.list(
        { apiVersion: 'v1', kind: 'Event' },
        { namespace: pod.namespace, fieldSelector: `involvedObject.name=${pod.name}`, signal },
      ),
    signal,
  )
  const warnings = (events ?? [])
    .filter(isMapping)
    .filter((event) => event['type'] === 'Warning' && !silent.has(String(event['reason'])))
    .filter((event) => valueAt(event, ['involvedObject', 'uid']) === pod.uid)
    .toSorted((left, right) => timeOf(left) - timeOf(right))
  const message = warnings.at(-1)?.['message']
  return typeof message === 'string' ? message.trim() : ''
}

const silent: ReadonlySet<string> = new Set(['BackOff', 'Failed', 'FailedScheduling'])

function timeOf(event: Readonly<Record<string, unknown>>): number {
  const at = event['lastTimestamp'] ?? event['eventTime'] ?? valueAt(event, ['metadata', 'creationTimestamp'])
  return typeof at === 'string' ? Date.parse(at) : 0
}

/** Why a workload that has no pods gets none: its controller says it in an event. */
export async function lastRefusal(
  client: KubeClient,
  { kind, namespace, name }: { readonly kind: string; readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<string> {
  const fieldSelector = `reason=FailedCreate,involvedObject.kind=${kind},involvedObject.name=${name}`
  const events = await tolerate(
    () => client.list({ apiVersion: 'v1', kind: 'Event' }, { namespace, fieldSelector, signal }),
    signal,
  )
  const last = (events ?? []).toSorted((left, right) => timeOf(left) - timeOf(right)).at(-1)?.['message']
  return typeof last === 'string' ? last.trim() : ''
}

/** A diagnosis must not fail because a part of it may not be read. */
async function tolerate<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    signal.throwIfAborted()
    if (isToolError(error) || (error instanceof DOMException && error.name === 'TimeoutError')) return undefined
    throw error
  }
}
