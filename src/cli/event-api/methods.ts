import type { Stage } from './control.ts'
import type { EventLog } from './event-log.ts'
import type { Journal } from './journal.ts'
import type { Message, MessageType } from './message-type.ts'
import { empty, triggerRequest, userIntentRequest } from './shared-types.ts'
import { eventV1, logEntry, stateV1 } from './types-v1.ts'
import { eventV2, stateV2 } from './types-v2.ts'

/** A call that cannot be done: a status of gRPC with what to tell. */
export interface Refusal {
  readonly status: 'ALREADY_EXISTS'
  readonly message: string
}

/** One method of the API, for both ways to call it. */
export type Method = {
  /** As gRPC names it: `/proto.SkaffoldService/GetState`. */
  readonly path: string
  readonly http: {
    readonly verb: 'GET' | 'POST' | 'PUT'
    readonly path: string
    /** The field of the request that the body is; `*`: the request itself. Absent: there is no body. */
    readonly body?: string
  }
  readonly request: MessageType
  readonly response: MessageType
} & (
  | { readonly kind: 'single'; call(log: EventLog, request: Message): Message | Refusal }
  | { readonly kind: 'stream'; journal(log: EventLog): Journal; readonly waitsForEvents: boolean }
)

interface Version {
  /** As gRPC names it. */
  readonly service: string
  /** What paths of HTTP begin with. */
  readonly root: string
  readonly state: MessageType
  readonly event: MessageType
  /** What streams are made of. */
  readonly entry: MessageType
  readonly log: 'v1' | 'v2'
}

const v1: Version = {
  service: '/proto.SkaffoldService',
  root: '/v1',
  state: stateV1,
  event: eventV1,
  entry: logEntry,
  log: 'v1',
}

const v2: Version = {
  service: '/proto.v2.SkaffoldV2Service',
  root: '/v2',
  state: stateV2,
  event: eventV2,
  entry: eventV2,
  log: 'v2',
}

/** By Skaffold's `proto/v1/skaffold.proto` and `proto/v2/skaffold.proto` with their google.api.http annotations. */
export const methods: readonly Method[] = [
  ...versionMethods(v1),
  stream(v1, ['EventLog', '/event_log'], (log) => log.v1.events),
  ...versionMethods(v2),
  stream(v2, ['ApplicationLogs', '/applicationLogs'], (log) => log.v2.applicationLogs),
  stream(v2, ['SkaffoldLogs', '/skaffoldLogs'], (log) => log.v2.skaffoldLogs),
]

function versionMethods(version: Version): readonly Method[] {
  const { service, root, state, event, log } = version
  return [
    {
      kind: 'single',
      path: `${service}/GetState`,
      http: { verb: 'GET', path: `${root}/state` },
      request: empty,
      response: state,
      call: (events) => events[log].state(),
    },
    { ...stream(version, ['Events', '/events'], (events) => events[log].events), waitsForEvents: true },
    {
      kind: 'single',
      path: `${service}/Execute`,
      http: { verb: 'POST', path: `${root}/execute`, body: 'intent' },
      request: userIntentRequest,
      response: empty,
      call: execute,
    },
    trigger(`${service}/AutoBuild`, root, 'build'),
    trigger(`${service}/AutoSync`, root, 'sync'),
    trigger(`${service}/AutoDeploy`, root, 'deploy'),
    {
      kind: 'single',
      path: `${service}/Handle`,
      http: { verb: 'POST', path: `${root}/events/handle`, body: '*' },
      request: event,
      response: empty,
      call: (events, request) => {
        events[log].handle(request)
        return {}
      },
    },
  ]
}

type StreamMethod = Extract<Method, { kind: 'stream' }>

function stream(
  { service, root, entry }: Version,
  [name, path]: readonly [name: string, path: string],
  journal: (log: EventLog) => Journal,
): StreamMethod {
  return {
    kind: 'stream',
    path: `${service}/${name}`,
    http: { verb: 'GET', path: root + path },
    request: empty,
    response: entry,
    journal,
    waitsForEvents: false,
  }
}

function execute(log: EventLog, { intent = {} }: Message): Message {
  const asked = intent as Message
  const isAll = asked['devloop'] === true
  const stages = {
    build: isAll || asked['build'] === true,
    sync: isAll || asked['sync'] === true,
    deploy: isAll || asked['deploy'] === true,
  }
  if (stages.build) log.forget('build')
  if (stages.deploy) log.forget('deploy')
  log.control.execute(stages)
  return {}
}

function trigger(path: string, root: string, stage: Stage): Method {
  return {
    kind: 'single',
    path,
    http: { verb: 'PUT', path: `${root}/${stage}/auto_execute`, body: 'state' },
    request: triggerRequest,
    response: empty,
    call: (log, { state = {} }) => {
      const isEnabled = (state as Message)['enabled'] === true
      if (!log.control.setAuto(stage, isEnabled)) {
        return { status: 'ALREADY_EXISTS', message: `auto ${stage} is already set to ${String(isEnabled)}` }
      }
      if (isEnabled && stage !== 'sync') log.forget(stage)
      return {}
    },
  }
}

/** Whether a call was refused. */
export function isRefusal(answer: Message | Refusal): answer is Refusal {
  return answer['status'] === 'ALREADY_EXISTS'
}
