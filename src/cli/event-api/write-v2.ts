import type { DebugFact, Fact, PortFact, Status } from './facts.ts'
import type { Task } from './tasks.ts'
import type { Message } from './message-type.ts'
import { metadataV2, type RunFacts } from './metadata.ts'
import { actionableErrOf, type Problem } from './problems.ts'
import type { Auto, Stand } from './stand.ts'

/** What events say beside what happened. */
export interface Surroundings {
  readonly run: RunFacts
  /** This machine's platform. */
  readonly host: string
  /** The sentence that names the version. */
  readonly version: string
  /** Of the dev loop, counted from 0. */
  readonly iteration: number
  /** ISO 8601. */
  readonly now: () => string
}

const words: Readonly<Record<Status, string>> = {
  NotStarted: 'NotStarted',
  InProgress: 'InProgress',
  Complete: 'Succeeded',
  Failed: 'Failed',
  Canceled: 'Canceled',
}

/** An event of version 2; undefined for what it has no event for. */
export function writeV2(fact: Fact, around: Surroundings): Message | undefined {
  const event = eventOf(fact, around)
  return event === undefined ? undefined : { timestamp: around.now(), ...event }
}

function eventOf(fact: Fact, around: Surroundings): Message | undefined {
  if (fact.type === 'meta') return { metaEvent: { entry: around.version, metadata: metadataV2(around.run) } }
  if (fact.type === 'task') return { taskEvent: taskOf(fact, around) }
  if (fact.type === 'cache') return { buildSubtaskEvent: cacheOf(fact, around) }
  if (fact.type === 'build') return { buildSubtaskEvent: buildOf(fact, around) }
  if (fact.type === 'resource') return { statusCheckSubtaskEvent: resourceOf(fact, taskId('Deploy', around)) }
  if (fact.type === 'port') return { portEvent: portOf(fact, portTask(around)) }
  if (fact.type === 'sync') return { fileSyncEvent: syncOf(fact, around) }
  if (fact.type === 'debug') return { debuggingContainerEvent: debugOf(fact, taskId('Deploy', around)) }
  return fact.type === 'termination' ? { terminationEvent: terminationOf(fact) } : logOf(fact, around)
}

function cacheOf({ image, status }: Extract<Fact, { type: 'cache' }>, around: Surroundings): Message {
  return { id: image, task_id: taskId('Build', around), artifact: image, step: 'Cache', status: words[status] }
}

function syncOf({ image, fileCount, status, problem }: Extract<Fact, { type: 'sync' }>, around: Surroundings): Message {
  return { id: image, task_id: taskId('Sync', around), fileCount, image, status: words[status], ...failed(problem) }
}

/** What lines are, and containers of actions. */
function logOf(fact: Fact, around: Surroundings): Message | undefined {
  if (fact.type === 'log') {
    const { task = 'DevLoop', subtask = '-1', level, text } = fact
    return { skaffoldLogEvent: { task_id: taskId(task, around), subtask_id: subtask, level, message: `${text}\n` } }
  }
  if (fact.type === 'applicationLog') {
    const { pod, container, prefix, text } = fact
    const rich = prefix === '' ? `${text}\n` : `${prefix} ${text}\n`
    const event = { containerName: container, podName: pod, prefix, message: `${text}\n`, richFormattedMessage: rich }
    return { applicationLogEvent: event }
  }
  if (fact.type !== 'action') return undefined
  const { name, kind, status, problem } = fact
  const event = { id: name, task_id: taskId(kind, around), status: words[status], ...failed(problem) }
  return kind === 'Verify' ? { verifyEvent: event } : { execEvent: event }
}

/** Iterations of the dev loop are counted from 1; commands that have none are at 0. */
function taskId(task: Task, { iteration }: Surroundings): string {
  return `${task}-${iteration + 1}`
}

function portTask({ iteration }: Surroundings): string {
  return `PortForward-${iteration + 1}`
}

function taskOf({ task, status, problem }: Extract<Fact, { type: 'task' }>, around: Surroundings): Message {
  const description = status === 'InProgress' ? { description: descriptions[task] } : {}
  const iteration = around.iteration + 1
  return { id: taskId(task, around), task, ...description, iteration, status: words[status], ...failed(problem) }
}

const descriptions: Readonly<Record<Task, string>> = {
  DevLoop: '',
  Build: 'Build containers',
  Test: 'Test',
  Render: 'Render Kubernetes manifests',
  Deploy: 'Deploy to cluster',
  StatusCheck: 'Check status of resources',
  Sync: 'Sync files to containers',
  Verify: 'Verify deployments',
  Exec: 'Execute custom actions',
}

function buildOf(fact: Extract<Fact, { type: 'build' }>, around: Surroundings): Message {
  const { image, status, platforms, problem } = fact
  return {
    id: image,
    task_id: taskId('Build', around),
    artifact: image,
    step: 'Build',
    status: words[status],
    ...failed(problem),
    hostPlatform: around.host,
    targetPlatforms: platforms.join(','),
  }
}

function resourceOf(
  { resource, status, message, problem }: Extract<Fact, { type: 'resource' }>,
  task: string,
): Message {
  const statusCode = problem?.status ?? (status === 'Complete' ? 'STATUSCHECK_SUCCESS' : 'OK')
  return { id: resource, task_id: task, resource, status: words[status], message, statusCode, ...failed(problem) }
}

function portOf(fact: PortFact, task: string): Message {
  const { localPort, namespace, resourceType, resourceName, address } = fact
  const podName = resourceType === 'pod' ? { podName: resourceName } : {}
  return {
    task_id: task,
    localPort,
    ...podName,
    namespace,
    resourceType,
    resourceName,
    address,
    targetPort: namedPort(fact),
  }
}

/** The message `IntOrString`. */
export function namedPort({ port }: PortFact): Message {
  return /^\d+$/.test(port) ? { type: 0, intVal: Number(port), strVal: '' } : { type: 1, intVal: 0, strVal: port }
}

function debugOf({ resource, container, runtime, ports }: DebugFact, task: string): Message {
  return {
    id: container,
    task_id: task,
    status: 'Started',
    podName: resource,
    containerName: container,
    runtime,
    debugPorts: ports,
  }
}

function terminationOf({ status, problem }: Extract<Fact, { type: 'termination' }>): Message {
  return {
    status: status === 'Complete' ? 'Complete' : 'Failed',
    ...(problem === undefined ? {} : { err: actionableErrOf(problem) }),
  }
}

function failed(problem: Problem | undefined): Message {
  return problem === undefined ? {} : { actionableErr: actionableErrOf(problem) }
}

/** The message `State` of version 2. */
export function stateMessageV2(stand: Stand, auto: Auto, around: Surroundings): Message {
  const { stages } = stand
  const stage = (task: Task): Message => ({ status: words[stages[task].status], statusCode: stages[task].code })
  const named = (record: Readonly<Record<string, Status>>): Message =>
    Object.fromEntries(Object.entries(record).map(([name, status]) => [name, words[status]]))
  return {
    buildState: { artifacts: named(stand.artifacts), autoTrigger: auto.build, statusCode: stages.Build.code },
    deployState: { ...stage('Deploy'), autoTrigger: auto.deploy },
    forwardedPorts: Object.fromEntries(stand.ports.map((port) => [port.localPort, portOf(port, portTask(around))])),
    statusCheckState: { ...stage('StatusCheck'), resources: named(stand.resources) },
    fileSyncState: { status: words[stages.Sync.status], autoTrigger: auto.sync },
    debuggingContainers: stand.debugging.map((one) => debugOf(one, taskId('Deploy', around))),
    metadata: metadataV2(around.run),
    testState: stage('Test'),
    renderState: stage('Render'),
    verifyState: stage('Verify'),
  }
}
