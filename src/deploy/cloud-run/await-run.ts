import { setTimeout } from 'node:timers/promises'
import { isToolError, ToolError } from '../../errors/index.ts'
import type { Emit } from '../../events/index.ts'
import type { Google } from '../../google/index.ts'
import { openRun, type RunApi, type RunState } from './run-api.ts'
import { runName, type RunObject } from './run-objects.ts'

/** What is waited for. */
export interface AwaitRunRequest {
  readonly objects: readonly RunObject[]
  readonly deadlineMs: number
  /** Goes on until the deadline although something has failed. */
  readonly tolerateFailures: boolean
  readonly emit: Emit
  readonly signal: AbortSignal
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** 1 s when absent. */
  readonly pollMs?: number
}

/**
 * Waits until Cloud Run says of everything that it is ready, and tells where services are. Emits `statusStarted`, what
 * changes on the way, and `stabilized`.
 * @throws STATUS_FAILED with Cloud Run's words, STATUS_DEADLINE; what Cloud Run refuses
 */
export async function awaitRun(google: Google, request: AwaitRunRequest): Promise<void> {
  const { objects, emit, now, deadlineMs } = request
  emit({ type: 'statusStarted' })
  const startedAt = now()
  const run = openRun(google)
  const stop = new AbortController()
  const signal = AbortSignal.any([request.signal, stop.signal])
  let remaining = objects.length
  const outcomes = await Promise.allSettled(
    objects.map(async (object) => {
      try {
        const state = await untilReady(run, object, { ...request, signal, until: startedAt + deadlineMs })
        remaining -= 1
        emit({ type: 'resourceReady', resource: runName(object), remaining, total: objects.length })
        if (state.url !== undefined) emit({ type: 'info', text: `Cloud Run ${runName(object)} is at ${state.url}` })
      } catch (error) {
        stop.abort(error)
        throw error
      }
    }),
  )
  request.signal.throwIfAborted()
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed !== undefined) throw stop.signal.reason
  emit({ type: 'stabilized', durationMs: now() - startedAt })
}

interface Waiting extends AwaitRunRequest {
  readonly until: number
}

async function untilReady(run: RunApi, object: RunObject, waiting: Waiting): Promise<RunState> {
  const { emit, signal, now, until, deadlineMs, tolerateFailures, pollMs = 1000 } = waiting
  let said = ''
  for (;;) {
    const state = await look(run, object, signal)
    const ready = state?.ready
    if (state !== undefined && ready?.status === 'True') return state
    const message = messageOf(object, ready)
    if (ready?.status === 'False' && !tolerateFailures) throw failure(object, { emit, message, code: 'STATUS_FAILED' })
    if (message !== said) emit({ type: 'resourceWaiting', resource: runName(object), message })
    said = message
    if (now() >= until) {
      const late = `did not become ready in ${Math.round(deadlineMs / 1000)} s: ${message}`
      throw failure(object, { emit, message: late, code: 'STATUS_DEADLINE' })
    }
    await pause(pollMs, signal)
  }
}

/** One look that fails says nothing about the service. */
async function look(run: RunApi, object: RunObject, signal: AbortSignal): Promise<RunState | undefined> {
  try {
    return await run.get(object, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (isToolError(error, 'HTTP_INTERRUPTED') || isToolError(error, 'GOOGLE_FAILED')) return undefined
    throw error
  }
}

function messageOf({ kind }: RunObject, ready: RunState['ready']): string {
  if (ready === undefined) return `waiting for ${kind.toLowerCase()} to start`
  const verb = ready.status === 'False' ? 'failed to start' : 'starting'
  return ready.message === '' ? `${kind} ${verb}` : `${kind} ${verb}: ${ready.message}`
}

function failure(
  object: RunObject,
  {
    emit,
    message,
    code,
  }: { readonly emit: Emit; readonly message: string; readonly code: 'STATUS_DEADLINE' | 'STATUS_FAILED' },
): ToolError {
  emit({ type: 'resourceFailed', resource: runName(object), message })
  const hint = message.includes('exec format error')
    ? 'build the image for linux/amd64: Cloud Run runs nothing else'
    : `look at its log with "gcloud run ${logCommand(object)}"`
  return new ToolError(code, `Cloud Run ${runName(object)}: ${message}`, { hint })
}

function logCommand({ kind, name, project, region }: RunObject): string {
  const group = { Job: 'jobs', Service: 'services', WorkerPool: 'worker-pools' }[kind]
  return `${group} logs read ${name} --project ${project} --region ${region}`
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await setTimeout(ms, undefined, { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
}
