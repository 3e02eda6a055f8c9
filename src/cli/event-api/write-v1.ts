import type { Fact, PortFact, DebugFact, Status } from './facts.ts'
import type { Message } from './message-type.ts'
import { metadataV1, type RunFacts } from './metadata.ts'
import { actionableErrOf, type Problem } from './problems.ts'
import type { Auto, Stand } from './stand.ts'
import { namedPort, type Surroundings } from './write-v2.ts'

/** Version 1 has blanks in its words. */
const words: Readonly<Record<Status, string>> = {
  NotStarted: 'Not Started',
  InProgress: 'In Progress',
  Complete: 'Complete',
  Failed: 'Failed',
  Canceled: 'Canceled',
}

/** Of what is waited for it says that it succeeded. */
function outcome(status: Status): string {
  return status === 'Complete' ? 'Succeeded' : words[status]
}

/** An event of version 1 and the sentence beside it; undefined for what it has no event for. */
export function writeV1(fact: Fact, around: Surroundings): Message | undefined {
  const written = eventOf(fact, around)
  return written === undefined ? undefined : { timestamp: around.now(), event: written[0], entry: written[1] }
}

type Written = readonly [event: Message, entry: string]

function eventOf(fact: Fact, { run, host, version, iteration }: Surroundings): Written | undefined {
  if (fact.type === 'meta') return [{ metaEvent: { entry: version, metadata: metadataV1(run) } }, version]
  if (fact.type === 'build') {
    return [{ buildEvent: buildEventOf(fact, host) }, `Build ${verbs[fact.status]} for artifact ${fact.image}`]
  }
  if (fact.type === 'task') return taskEvent(fact, iteration)
  if (fact.type === 'resource') return [{ resourceStatusCheckEvent: resourceOf(fact) }, resourceEntry(fact)]
  if (fact.type === 'port') {
    return [{ portEvent: portOf(fact) }, `Forwarding container ${fact.resourceName} to local port ${fact.localPort}`]
  }
  if (fact.type === 'sync') return [{ fileSyncEvent: syncOf(fact) }, `File sync ${ends[fact.status]}`]
  if (fact.type === 'debug') {
    return [
      { debuggingContainerEvent: debugOf(fact) },
      `Debuggable container started ${fact.resource}:${fact.container}`,
    ]
  }
  if (fact.type !== 'termination') return undefined
  return [{ terminationEvent: { status: words[fact.status], ...errOf(fact.problem) } }, '']
}

function syncOf({ image, fileCount, status, problem }: Extract<Fact, { type: 'sync' }>): Message {
  return { fileCount, image, status: outcome(status), ...failed(problem) }
}

const verbs: Readonly<Record<Status, string>> = {
  NotStarted: 'waits',
  InProgress: 'started',
  Complete: 'completed',
  Failed: 'failed',
  Canceled: 'canceled',
}

const ends: Readonly<Record<Status, string>> = { ...verbs, Complete: 'succeeded' }

function buildEventOf({ image, status, platforms, problem }: Extract<Fact, { type: 'build' }>, host: string): Message {
  return {
    artifact: image,
    status: words[status],
    ...failed(problem),
    hostPlatform: host,
    targetPlatforms: platforms.join(','),
  }
}

function taskEvent({ task, status, problem }: Extract<Fact, { type: 'task' }>, iteration: number): Written | undefined {
  const actionable = problem === undefined ? {} : { actionableErr: actionableErrOf(problem) }
  if (task === 'DevLoop') {
    return [{ devLoopEvent: { iteration, status: outcome(status), ...errOf(problem) } }, `Update ${updates[status]}`]
  }
  if (task === 'Test') return [{ TestEvent: { status: words[status], ...actionable } }, `Test ${verbs[status]}`]
  const event = { status: task === 'StatusCheck' ? outcome(status) : words[status], ...failed(problem) }
  if (task === 'Deploy') return [{ deployEvent: event }, `Deploy ${verbs[status]}`]
  return task === 'StatusCheck' ? [{ statusCheckEvent: event }, `Status check ${ends[status]}`] : undefined
}

const updates: Readonly<Record<Status, string>> = { ...ends, InProgress: 'initiated' }

function resourceOf({ resource, status, message, problem }: Extract<Fact, { type: 'resource' }>): Message {
  const code = problem?.status ?? (status === 'Complete' ? 'STATUSCHECK_SUCCESS' : 'OK')
  const err = problem === undefined ? {} : { err: problem.message, actionableErr: actionableErrOf(problem) }
  return { resource, status: outcome(status), message, statusCode: code, ...err }
}

function resourceEntry({ resource, status, message }: Extract<Fact, { type: 'resource' }>): string {
  if (status === 'Complete') return `Resource ${resource} status completed successfully`
  return `Resource ${resource} status ${status === 'Failed' ? 'failed with' : 'updated to'} ${message}`
}

function portOf(fact: PortFact): Message {
  const { localPort, namespace, resourceType, resourceName, address } = fact
  const targetPort = namedPort(fact)
  const podName = resourceType === 'pod' ? { podName: resourceName } : {}
  const remotePort = targetPort['intVal']
  return { localPort, remotePort, ...podName, namespace, resourceType, resourceName, address, targetPort }
}

function debugOf({ resource, container, runtime, ports }: DebugFact): Message {
  return { status: 'Started', podName: resource, containerName: container, runtime, debugPorts: ports }
}

/** In events that have an error twice: as text and code of older readers, and with what to do. */
function failed(problem: Problem | undefined): Message {
  if (problem === undefined) return {}
  return { err: problem.message, errCode: problem.status, actionableErr: actionableErrOf(problem) }
}

function errOf(problem: Problem | undefined): Message {
  return problem === undefined ? {} : { err: actionableErrOf(problem) }
}

/** The message `State` of version 1. */
export function stateMessageV1(stand: Stand, auto: Auto, run: RunFacts): Message {
  const { stages } = stand
  const named = (record: Readonly<Record<string, Status>>, word: (status: Status) => string): Message =>
    Object.fromEntries(Object.entries(record).map(([name, status]) => [name, word(status)]))
  return {
    buildState: {
      artifacts: named(stand.artifacts, (status) => words[status]),
      autoTrigger: auto.build,
      statusCode: stages.Build.code,
    },
    testState: { status: words[stages.Test.status], statusCode: stages.Test.code },
    deployState: { status: words[stages.Deploy.status], autoTrigger: auto.deploy, statusCode: stages.Deploy.code },
    forwardedPorts: Object.fromEntries(stand.ports.map((port) => [port.localPort, portOf(port)])),
    statusCheckState: {
      status: outcome(stages.StatusCheck.status),
      resources: named(stand.resources, outcome),
      statusCode: stages.StatusCheck.code,
    },
    fileSyncState: { status: outcome(stages.Sync.status), autoTrigger: auto.sync },
    debuggingContainers: stand.debugging.map(debugOf),
    metadata: metadataV1(run),
  }
}
