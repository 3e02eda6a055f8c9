import { randomBytes } from 'node:crypto'
import type { Entity } from './kinds.ts'
import { timestamp } from './objects.ts'
import type { Tables } from './tables.ts'

/** What happened to an object, as `kubectl describe` lists it. */
export interface Occurrence {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  /** `spec.containers{name}` */
  readonly fieldPath?: string
}

/** Writes events; an occurrence that was there before raises its count. */
export interface Recorder {
  record(object: Entity, occurrence: Occurrence): void
}

export interface RecorderOptions {
  readonly tables: Tables
  readonly clock: () => Date
  readonly component: string
  readonly host?: string
}

/** Events as controllers and kubelets write them: counted. */
export function createRecorder({ tables, clock, component, host }: RecorderOptions): Recorder {
  const known = new Map<string, Entity>()
  return {
    record(object, { type, reason, message, fieldPath }) {
      const now = timestamp(clock())
      const id = [object.metadata.uid, fieldPath, type, reason, message].join('\n')
      const previous = known.get(id)
      if (previous !== undefined && raiseCount(tables, previous, now)) return
      known.set(
        id,
        tables.events.create({
          ...eventBase(object, fieldPath),
          reason,
          message,
          source: host === undefined ? { component } : { component, host },
          firstTimestamp: now,
          lastTimestamp: now,
          count: 1,
          type,
          eventTime: null,
          reportingComponent: component,
          reportingInstance: host ?? '',
        }),
      )
    },
  }
}

/** Events as the scheduler writes them: with the time of the one occurrence, and an action. */
export function createSchedulerRecorder({ tables, clock }: Pick<RecorderOptions, 'tables' | 'clock'>): Recorder {
  return {
    record(object, { type, reason, message }) {
      tables.events.create({
        ...eventBase(object, undefined),
        reason,
        message,
        source: {},
        firstTimestamp: null,
        lastTimestamp: null,
        type,
        eventTime: clock().toISOString().replace('Z', '000Z'),
        action: reason === 'Scheduled' ? 'Binding' : 'Scheduling',
        reportingComponent: 'default-scheduler',
        reportingInstance: 'default-scheduler-sandbox',
      })
    },
  }
}

function raiseCount(tables: Tables, event: Entity, now: string): boolean {
  const raised = tables.events.update(event, (current) => ({
    ...current,
    count: Number(current['count']) + 1,
    lastTimestamp: now,
  }))
  return raised !== undefined
}

function eventBase(object: Entity, fieldPath: string | undefined): object {
  const { name, uid, resourceVersion } = object.metadata
  const namespace = object.metadata.namespace ?? 'default'
  return {
    kind: 'Event',
    apiVersion: 'v1',
    metadata: { name: `${name}.${randomBytes(8).toString('hex')}`, namespace },
    involvedObject: {
      kind: object.kind,
      ...(object.metadata.namespace === undefined ? {} : { namespace }),
      name,
      uid,
      apiVersion: object.apiVersion,
      resourceVersion,
      ...(fieldPath === undefined ? {} : { fieldPath }),
    },
  }
}
