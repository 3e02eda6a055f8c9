import type { Event } from '../../events/index.ts'
import type { Fact, Status } from './facts.ts'
import { failureOf, problemOf, type Failure } from './problems.ts'
import type { Task } from './tasks.ts'

/** Turns what happens into facts. Keeps in mind which part of the run is under way. */
export interface FactFinder {
  of(event: Event): readonly Fact[]
  /** The end of the run, with what it failed of. */
  end(error?: unknown): readonly Fact[]
}

/** Nothing has happened. `kind` is what containers of actions are: those of `verify` or of `exec`. */
export function createFactFinder(kind: 'Verify' | 'Exec'): FactFinder {
  const run: Run = { kind, task: undefined, isLooping: false, iteration: 0, platforms: new Map(), problem: undefined }
  return {
    of: (event) => [
      ...iterationFacts(event, run),
      ...stageFacts(event, run),
      ...ownFacts(event, run),
      ...logFacts(event, run),
    ],
    end: (error) => {
      const failure = error === undefined ? undefined : failureOf(error)
      const problem = failure === undefined ? undefined : problemOf(failure, run.task)
      const closed = closeIteration(run, failure)
      const status = failure === undefined ? 'Complete' : 'Failed'
      return [...closed, { type: 'termination', status, ...(problem === undefined ? {} : { problem }) }]
    },
  }
}

interface Run {
  readonly kind: 'Verify' | 'Exec'
  task: Task | undefined
  isLooping: boolean
  /** Counted from 0. */
  iteration: number
  readonly platforms: Map<string, readonly string[]>
  problem: Failure | undefined
}

function iterationFacts(event: Event, run: Run): readonly Fact[] {
  if (event.type === 'iterationStarted') {
    const closed = closeIteration(run, undefined)
    run.isLooping = true
    const iteration: Fact = { type: 'iteration', iteration: run.iteration }
    run.iteration += 1
    return [...closed, iteration, { type: 'task', task: 'DevLoop', status: 'InProgress' }]
  }
  if (event.type === 'watching') return closeIteration(run, undefined)
  if (event.type === 'iterationFailed') return closeIteration(run, event)
  return []
}

function closeIteration(run: Run, failure: Failure | undefined): readonly Fact[] {
  const problem = failure === undefined ? {} : { problem: problemOf(failure, run.task) }
  const status: Status = failure === undefined ? 'Complete' : 'Failed'
  const facts: Fact[] = run.task === undefined ? [] : [{ type: 'task', task: run.task, status, ...problem }]
  if (run.isLooping) facts.push({ type: 'task', task: 'DevLoop', status, ...problem })
  run.task = undefined
  run.isLooping = false
  return facts
}

/** The part that an event belongs to, when it tells of a beginning. */
const tasks: Partial<Record<Event['type'], Task>> = {
  tagsStarted: 'Build',
  cacheStarted: 'Build',
  buildsStarted: 'Build',
  buildStarted: 'Build',
  testsStarted: 'Test',
  loadsStarted: 'Deploy',
  placed: 'Render',
  deployStarted: 'Deploy',
  resourceApplied: 'Deploy',
  statusStarted: 'StatusCheck',
}

function stageFacts(event: Event, run: Run): readonly Fact[] {
  if (event.type === 'stabilized') return enter(undefined, run)
  const named = event.type === 'actionStarted' ? run.kind : tasks[event.type]
  return named === undefined || named === run.task ? [] : enter(named, run)
}

function enter(task: Task | undefined, run: Run): readonly Fact[] {
  const left: readonly Fact[] = run.task === undefined ? [] : [{ type: 'task', task: run.task, status: 'Complete' }]
  // what has nothing to be placed is rendered all the same
  const isRenderMissing = task === 'Deploy' && run.task !== 'Render' && run.task !== 'StatusCheck'
  const rendered: readonly Fact[] = isRenderMissing
    ? (['InProgress', 'Complete'] as const).map((status) => ({ type: 'task', task: 'Render', status }))
    : []
  run.task = task
  return [...left, ...rendered, ...(task === undefined ? [] : [{ type: 'task', task, status: 'InProgress' } as const])]
}

function ownFacts(event: Event, run: Run): readonly Fact[] {
  return (
    buildFacts(event, run) ??
    actionFacts(event, run) ??
    resourceFacts(event) ??
    clusterFacts(event) ??
    syncFacts(event) ??
    []
  )
}

function buildFacts(event: Event, { platforms: known }: Run): readonly Fact[] | undefined {
  if (event.type === 'platformsResolved') known.set(event.image, event.platforms)
  if (event.type === 'cacheChecked') {
    const { image, missing, found } = event
    known.set(image, [...found, ...missing])
    const status = missing.length === 0 ? 'Complete' : 'Failed'
    const checked: readonly Fact[] = (['InProgress', status] as const).map((one) => ({
      type: 'cache',
      image,
      status: one,
    }))
    // what need not be built counts as built
    const done: Fact = { type: 'build', image, status: 'Complete', platforms: found }
    return missing.length === 0 ? [...checked, done] : checked
  }
  const status = buildStatus[event.type]
  if (status === undefined || !('image' in event)) return undefined
  const platforms = 'platforms' in event ? event.platforms : (known.get(event.image) ?? [])
  const problem = event.type === 'buildFailed' ? { problem: problemOf(event, 'Build') } : {}
  return [{ type: 'build', image: event.image, status, platforms, ...problem }]
}

const buildStatus: Partial<Record<Event['type'], Status>> = {
  buildStarted: 'InProgress',
  buildSucceeded: 'Complete',
  buildFailed: 'Failed',
  buildCanceled: 'Canceled',
}

function actionFacts(event: Event, { kind }: Run): readonly Fact[] | undefined {
  if (event.type === 'actionStarted') return [{ type: 'action', kind, name: event.name, status: 'InProgress' }]
  if (event.type === 'actionSucceeded') return [{ type: 'action', kind, name: event.name, status: 'Complete' }]
  if (event.type !== 'actionFailed') return undefined
  return [{ type: 'action', kind, name: event.name, status: 'Failed', problem: problemOf(event, kind) }]
}

function resourceFacts(event: Event): readonly Fact[] | undefined {
  if (event.type === 'resourceWaiting') {
    const { resource, message } = event
    return [{ type: 'resource', resource, status: 'InProgress', message }]
  }
  if (event.type === 'resourceReady') {
    return [{ type: 'resource', resource: event.resource, status: 'Complete', message: 'Succeeded' }]
  }
  if (event.type !== 'resourceFailed') return undefined
  const { resource, message } = event
  return [{ type: 'resource', resource, status: 'Failed', message, problem: problemOf(event, 'StatusCheck') }]
}

function clusterFacts(event: Event): readonly Fact[] | undefined {
  if (event.type === 'portForwarded') {
    const [resourceType = '', resourceName = ''] = event.resource.split('/')
    const { localPort, namespace, port, address } = event
    return [{ type: 'port', localPort, resourceType, resourceName, namespace, port, address }]
  }
  if (event.type !== 'debugReady') return undefined
  const { resource, container, runtime, ports } = event
  return [{ type: 'debug', resource, container, runtime, ports }]
}

function syncFacts(event: Event): readonly Fact[] | undefined {
  if (event.type === 'syncStarted') {
    return [{ type: 'sync', image: event.image, fileCount: event.fileCount, status: 'InProgress' }]
  }
  if (event.type === 'syncSucceeded') {
    return [{ type: 'sync', image: event.image, fileCount: event.fileCount, status: 'Complete' }]
  }
  if (event.type !== 'syncFailed') return undefined
  const { image, fileCount } = event
  return [{ type: 'sync', image, fileCount, status: 'Failed', problem: problemOf(event, 'Sync') }]
}

function logFacts(event: Event, { task, kind }: Run): readonly Fact[] {
  if (event.type === 'log') {
    const { pod, container, label = container, text } = event
    return [{ type: 'applicationLog', pod, container, prefix: label === '' ? '' : `[${label}]`, text }]
  }
  const at = task === undefined ? {} : { task }
  if (event.type === 'buildOutput') {
    return [{ type: 'log', task: 'Build', subtask: event.image, level: 'INFO', text: event.text }]
  }
  if (event.type === 'testOutput') return [{ type: 'log', task: 'Test', level: 'INFO', text: event.text }]
  if (event.type === 'actionOutput') {
    return [{ type: 'log', task: kind, subtask: event.name, level: 'INFO', text: event.text }]
  }
  if (event.type === 'info') return [{ type: 'log', ...at, level: 'INFO', text: event.text }]
  if (event.type === 'warning') return [{ type: 'log', ...at, level: 'WARN', text: event.text }]
  return event.type === 'iterationFailed' ? [{ type: 'log', ...at, level: 'ERROR', text: event.message }] : []
}
