import type { DebugFact, Fact, PortFact, Status } from './facts.ts'
import type { Task } from './tasks.ts'

/** What happens by itself in `dev`. */
export interface Auto {
  readonly build: boolean
  readonly sync: boolean
  readonly deploy: boolean
}

/** A part of the run that either stands or moves. */
export interface StageStand {
  readonly status: Status
  /** A name of `statusCodes`. */
  readonly code: string
}

/** Where everything stands, in no version's form yet. */
export interface Stand {
  readonly artifacts: Readonly<Record<string, Status>>
  readonly stages: Readonly<Record<Task, StageStand>>
  readonly resources: Readonly<Record<string, Status>>
  readonly ports: readonly PortFact[]
  readonly debugging: readonly DebugFact[]
}

const idle: StageStand = { status: 'NotStarted', code: 'OK' }

/** Before anything has happened. */
export function initialStand(images: readonly string[]): Stand {
  return {
    artifacts: Object.fromEntries(images.map((image) => [image, 'NotStarted'])),
    stages: {
      DevLoop: idle,
      Build: idle,
      Test: idle,
      Render: idle,
      Deploy: idle,
      StatusCheck: idle,
      Sync: idle,
      Verify: idle,
      Exec: idle,
    },
    resources: {},
    ports: [],
    debugging: [],
  }
}

/** The stand after a fact. */
export function withFact(stand: Stand, fact: Fact): Stand {
  if (fact.type === 'build') return { ...stand, artifacts: { ...stand.artifacts, [fact.image]: fact.status } }
  if (fact.type === 'resource') return { ...stand, resources: { ...stand.resources, [fact.resource]: fact.status } }
  if (fact.type === 'port') return { ...stand, ports: [...stand.ports.filter((one) => !isSamePort(one, fact)), fact] }
  if (fact.type === 'debug') {
    return { ...stand, debugging: [...stand.debugging.filter((one) => !isSame(one, fact)), fact] }
  }
  if (fact.type === 'sync') return withStage(stand, 'Sync', { status: fact.status, code: codeOf('Sync', fact) })
  if (fact.type !== 'task') return stand
  const begun = fact.task === 'StatusCheck' && fact.status === 'InProgress' ? { ...stand, resources: {} } : stand
  return withStage(begun, fact.task, { status: fact.status, code: codeOf(fact.task, fact) })
}

/** What a new build makes out of date. */
export function beforeBuild(stand: Stand): Stand {
  return initialStand(Object.keys(stand.artifacts))
}

/** What a new deployment makes out of date. */
export function beforeDeploy(stand: Stand): Stand {
  const { stages } = stand
  return { ...stand, stages: { ...stages, Deploy: idle, StatusCheck: idle }, resources: {}, ports: [], debugging: [] }
}

function withStage(stand: Stand, task: Task, stage: StageStand): Stand {
  return { ...stand, stages: { ...stand.stages, [task]: stage } }
}

const successes: Partial<Record<Task, string>> = {
  Build: 'BUILD_SUCCESS',
  Test: 'TEST_SUCCESS',
  Render: 'RENDER_SUCCESS',
  Deploy: 'DEPLOY_SUCCESS',
  StatusCheck: 'STATUSCHECK_SUCCESS',
}

function codeOf(task: Task, { status, problem }: Extract<Fact, { type: 'task' | 'sync' }>): string {
  if (problem !== undefined) return problem.status
  return (status === 'Complete' ? successes[task] : undefined) ?? 'OK'
}

function isSamePort(left: PortFact, right: PortFact): boolean {
  return left.localPort === right.localPort
}

function isSame(left: DebugFact, right: DebugFact): boolean {
  return left.resource === right.resource && left.container === right.container
}
