import type { Emit } from '../events/index.ts'
import type { KubeClient, ObjectRef } from '../kube/index.ts'
import { checksOf, type Check, type Judgement, type PodProblem } from './checks.ts'
import { createClusterView, type ClusterView } from './cluster-view.ts'
import type { StatusSelector } from './custom-kinds.ts'
import { explain, lastRefusal } from './explain.ts'
import { startFeed, type Feed, type FeedSource } from './feed.ts'
import { detailOf, failureError, goDuration, type Failure } from './report.ts'
import { workloadKinds } from './rollout.ts'

/** What to wait for, and for how long. */
export interface StatusRequest {
  readonly objects: readonly ObjectRef[]
  /** A Deployment's own progressDeadlineSeconds holds where it is shorter. */
  readonly deadlineMs: number
  /** Goes on until the deadline although something has failed. */
  readonly tolerateFailures: boolean
  /** Custom kinds that are waited for, too. */
  readonly selectors?: readonly StatusSelector[]
  readonly emit: Emit
  readonly signal: AbortSignal
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * Waits, by watches, until Deployments, StatefulSets, DaemonSets, ReplicaSets and pods are ready and Jobs run or are
 * complete. Emits `statusStarted`, what changes on the way, and `stabilized`.
 * @throws STATUS_FAILED as soon as something cannot become ready, with the reason that its pods give
 * @throws STATUS_DEADLINE when it took too long; the client's codes; the signal's reason
 */
export async function waitUntilStable(client: KubeClient, request: StatusRequest): Promise<void> {
  const { objects, emit, signal, now } = request
  emit({ type: 'statusStarted' })
  const startedAt = now()
  const { selectors = [] } = request
  const checks = checksOf(objects, { namespace: client.namespace, selectors })
  if (checks.length > 0) {
    const view = createClusterView()
    const feed = startFeed(client, sourcesOf(checks), { view, signal })
    try {
      await followChecks({ client, request, view, checks, startedAt }, feed)
    } finally {
      await feed.close()
    }
  }
  emit({ type: 'stabilized', durationMs: now() - startedAt })
}

function sourcesOf(checks: readonly Check[]): readonly FeedSource[] {
  const sources = new Map<string, FeedSource>()
  for (const { kind, apiVersion, namespaces } of checks) {
    const more = [kind, 'Pod', ...(kind === 'Deployment' ? ['ReplicaSet'] : [])]
    const kinds = new Map([...more.map((one) => [one, workloadKinds.get(one) ?? 'v1'] as const), [kind, apiVersion]])
    for (const namespace of namespaces) {
      for (const [each, version] of kinds) {
        sources.set(`${each} ${namespace}`, { apiVersion: version, kind: each, namespace })
      }
    }
  }
  return [...sources.values()]
}

interface Run {
  readonly client: KubeClient
  readonly request: StatusRequest
  readonly view: ClusterView
  readonly checks: readonly Check[]
  readonly startedAt: number
}

/** A message is printed when it has changed, but not more often than this. */
const reportMs = 500

async function followChecks(run: Run, feed: Feed): Promise<void> {
  const { request, checks, startedAt } = run
  const pending = new Set(checks)
  const reporter = createReporter(run)
  while (pending.size > 0) {
    request.signal.throwIfAborted()
    const failures = feed.isSynced() ? judgeAll(run, { pending, reporter }) : []
    if (!feed.isSynced() && request.now() - startedAt >= request.deadlineMs) failures.push(...checks.map(neverSeen))
    if (failures.length > 0) throw await fail(run, failures)
    if (pending.size > 0) await feed.next(Math.min(reportMs, untilDeadline(pending, run)))
  }
}

interface Progress {
  readonly pending: Set<Check>
  readonly reporter: Reporter
}

/** Says what has become ready or has changed; gives what has failed. */
function judgeAll(run: Run, { pending, reporter }: Progress): Failing[] {
  const { request, view, checks, startedAt } = run
  const failures: Failing[] = []
  for (const check of pending) {
    const judgement = check.judge(view, request.now())
    if (judgement.is === 'ready') {
      pending.delete(check)
      request.emit({ type: 'resourceReady', resource: check.label, remaining: pending.size, total: checks.length })
      continue
    }
    const isOver = request.now() - startedAt >= deadlineOf(check, run)
    const hasFailed = judgement.is === 'failed' && !request.tolerateFailures
    if (isOver || hasFailed) failures.push({ check, judgement, isOver })
    else reporter.waiting(check, judgement)
  }
  return failures
}

interface Failing {
  readonly check: Check
  readonly judgement: Exclude<Judgement, { is: 'ready' }>
  readonly isOver: boolean
}

function neverSeen(check: Check): Failing {
  return {
    check,
    judgement: { is: 'waiting', message: 'the cluster did not say how it is', problems: [] },
    isOver: true,
  }
}

function deadlineOf(check: Check, { request, view }: Run): number {
  return Math.min(request.deadlineMs, check.ownDeadlineMs(view) ?? Number.POSITIVE_INFINITY)
}

function untilDeadline(pending: ReadonlySet<Check>, run: Run): number {
  const elapsed = run.request.now() - run.startedAt
  return Math.max(1, Math.min(...[...pending].map((check) => deadlineOf(check, run))) - elapsed)
}

/** Finds out why, says so for each, and gives the error. */
async function fail(run: Run, failing: readonly Failing[]): Promise<Error> {
  const { client, request, checks } = run
  const failures = await Promise.all(
    failing.map(async ({ check, judgement, isOver }): Promise<Failure> => {
      const worst = judgement.problems.slice(0, 3)
      const explained = await Promise.all(worst.map(async (problem) => explain(client, problem, request.signal)))
      const why = explained[0]?.trouble.message ?? (await whyNoPods(run, { check, judgement }))
      const isDeadline = isOver && judgement.is !== 'failed'
      const late = `could not stabilize within ${goDuration(deadlineOf(check, run))}`
      return { check, problems: explained, message: isDeadline ? `${late}: ${why}` : why, isDeadline }
    }),
  )
  failures.forEach(({ check, problems, message }, index) => {
    const others = failing[index]?.judgement.problems.slice(problems.length) ?? []
    if (problems.length > 0) {
      const summary = problems[0]?.trouble.message ?? message
      request.emit({
        type: 'resourceWaiting',
        resource: check.label,
        message: detailOf(summary, [...problems, ...others]),
      })
    }
    request.emit({ type: 'resourceFailed', resource: check.label, message })
  })
  return failureError(failures, checks.length)
}

/** A workload without pods may have a controller that is refused each of them. */
async function whyNoPods(
  { client, request }: Run,
  { check, judgement }: Pick<Failing, 'check' | 'judgement'>,
): Promise<string> {
  const { message } = judgement
  if (check.object === undefined || judgement.is === 'failed' || message.startsWith('pods cannot be made')) {
    return message
  }
  const refused = await lastRefusal(client, check.object, request.signal)
  return refused === '' ? message : `${message}: ${refused}`
}

interface Reporter {
  waiting(check: Check, judgement: Exclude<Judgement, { is: 'ready' }>): void
}

/** Roll-outs that take a moment stay silent. */
function createReporter({ client, request }: Pick<Run, 'client' | 'request'>): Reporter {
  const { emit, now, signal } = request
  const explained = explainedEarly(client, signal)
  const said = new Map<Check, { readonly at: number; readonly message: string }>()
  return {
    waiting(check, { message, problems }) {
      const last = said.get(check)
      if (last === undefined) {
        said.set(check, { at: now(), message: '' })
        return
      }
      const shown = explained(problems)
      const text = detailOf(shown[0]?.trouble.message ?? message, shown)
      if (text === last.message || now() - last.at < reportMs) return
      said.set(check, { at: now(), message: text })
      emit({ type: 'resourceWaiting', resource: check.label, message: text })
    },
  }
}

/**
 * Which rule keeps a pod off which nodes is worth knowing before the deadline. It is asked for once, and told with the
 * next message.
 */
function explainedEarly(
  client: KubeClient,
  signal: AbortSignal,
): (problems: readonly PodProblem[]) => readonly PodProblem[] {
  const known = new Map<string, PodProblem>()
  const ask = async (key: string, problem: PodProblem): Promise<void> => {
    known.set(key, problem)
    known.set(key, await explain(client, problem, signal))
  }
  return (problems) =>
    problems.map((problem) => {
      const { pod, trouble } = problem
      if (trouble.cause !== 'unschedulable') return problem
      const key = `${pod.uid} ${trouble.message}`
      // an abort ends the wait itself
      if (!known.has(key)) ask(key, problem).catch(() => {})
      return known.get(key) ?? problem
    })
}
