import { mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import type { ExecQuery, LogQuery, LogRefusal } from '../contract.ts'
import type { Pod } from '../kinds.ts'
import { isDeleting, timestamp } from '../objects.ts'
import { keepRunning, replaceImage, stopContainer } from './container.ts'
import { connectToPod, prepareProgram, type Prepared } from './pod-streams.ts'
import { createSlot, factsOf, type NodeRuntime, type PodScope, type Slot } from './scope.ts'
import { podStatus } from './status.ts'
import { pause } from './timing.ts'
import { prepareVolumes } from './volumes.ts'

/** Runs one pod on its node. */
export interface PodWorker {
  /** The pod has changed. */
  update(pod: Pod): void
  /** The pod is gone: everything ends at once. */
  end(): Promise<void>
  readLogs(container: string, query: LogQuery): AsyncIterable<string> | LogRefusal
  prepareExec(container: string, query: ExecQuery): Prepared
  connectPort(port: number): Promise<Duplex | { readonly failure: string }>
}

export function startPodWorker(pod: Pod, node: NodeRuntime): PodWorker {
  const state = createState(pod, node)
  const life = live(state).catch((error: unknown) => node.onError(error))
  return {
    update(changed) {
      state.pod = changed
      replaceImages(state)
      if (isDeleting(changed)) void terminate(state).catch((error: unknown) => node.onError(error))
    },
    async end() {
      state.isGone = true
      await stopAll(state, 0)
      await life
      await cleanUp(state)
    },
    readLogs: (container, query) => readLogs(state, container, query),
    prepareExec(container, query) {
      const slot = state.slots.find(({ spec }) => spec.name === container)
      return slot === undefined ? { refused: 'not-found' } : prepareProgram(slot, state.scope, query)
    },
    connectPort: (port) => connectToPod(state.scope, port),
  }
}

interface State {
  pod: Pod
  readonly scope: PodScope
  readonly slots: readonly Slot[]
  readonly startTime: string
  readonly stop: AbortController
  isSandboxReady: boolean
  isTerminating: boolean
  /** The object is not in the store any more, or must not be written. */
  isGone: boolean
}

function createState(pod: Pod, node: NodeRuntime): State {
  const folder = join(node.folder, 'pods', pod.metadata.uid)
  mkdirSync(folder, { recursive: true })
  const { containers, initContainers = [] } = pod.spec
  const hasInit = initContainers.length > 0
  const slots = [
    ...initContainers.map((spec) => createSlot(spec, spec.restartPolicy === 'Always' ? 'sidecar' : 'init', hasInit)),
    ...containers.map((spec) => createSlot(spec, 'main', hasInit)),
  ]
  const state: State = {
    pod,
    slots,
    scope: {
      node,
      folder,
      podIp: node.nextPodIp(),
      pod: () => state.pod,
      namespace: undefined,
      volumes: new Map(),
      publish: () => publish(state),
    },
    startTime: timestamp(node.clock()),
    stop: new AbortController(),
    isSandboxReady: false,
    isTerminating: false,
    isGone: false,
  }
  return state
}

function publish(state: State): void {
  if (state.isGone) return
  const { scope, slots, startTime, isSandboxReady } = state
  const written = scope.node.tables.pods.update(state.pod, (pod) => ({
    ...pod,
    status: podStatus({
      pod,
      containers: slots.map(factsOf),
      startTime,
      podIp: isSandboxReady ? scope.podIp : undefined,
      isSandboxReady: isSandboxReady && !state.stop.signal.aborted,
      now: timestamp(scope.node.clock()),
    }),
  }))
  if (written !== undefined) state.pod = written
}

async function live(state: State): Promise<void> {
  publish(state)
  if (!(await mountVolumes(state))) return
  await openNamespace(state)
  publish(state)
  if (await initialize(state)) {
    await Promise.all(state.slots.filter(({ kind }) => kind === 'main').map((slot) => keepRunning(slot, state.scope)))
  }
  await finish(state)
}

/** Waits for what volumes are made of; false when the pod ends before. */
async function mountVolumes({ scope, pod, stop }: State): Promise<boolean> {
  const { node } = scope
  while (!stop.signal.aborted) {
    const outcome = prepareVolumes({
      pod: scope.pod(),
      tables: node.tables,
      podFolder: scope.folder,
      claimsFolder: node.claimsFolder,
    })
    if ('folders' in outcome) {
      scope.volumes = outcome.folders
      return true
    }
    node.recorder.record(pod, { type: 'Warning', ...outcome })
    await pause(node.timing.retry, stop.signal)
  }
  return false
}

async function openNamespace(state: State): Promise<void> {
  const { scope, stop, pod } = state
  const hostname = pod.spec.hostname ?? pod.metadata.name
  const isolation = await scope.node.isolation
  const namespace = await isolation?.openPod({ hostname, ip: scope.podIp })
  if (stop.signal.aborted) namespace?.close()
  else scope.namespace = namespace
  state.isSandboxReady = true
}

/** Runs the init containers in their order; false when one failed for good. */
async function initialize({ slots, scope, stop }: State): Promise<boolean> {
  for (const slot of slots.filter(({ kind }) => kind !== 'main')) {
    if (stop.signal.aborted) return false
    const done = keepRunning(slot, scope)
    if (slot.kind === 'sidecar') {
      while (!slot.isStarted && !stop.signal.aborted) await pause(20, stop.signal)
      continue
    }
    await done
    if (slot.state.terminated?.exitCode !== 0) return false
  }
  return !stop.signal.aborted
}

/** The containers have ended by themselves: sidecars follow, and the namespaces go. */
async function finish(state: State): Promise<void> {
  const { slots, scope, stop } = state
  if (stop.signal.aborted) return
  for (const slot of slots) if (slot.kind === 'sidecar') await stopContainer(slot, scope, graceOf(state))
  scope.namespace?.close()
  publish(state)
}

function graceOf({ pod }: State): number {
  return (pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30) * 1000
}

/** A pod that is being deleted: its containers are stopped, and then the object may go. */
async function terminate(state: State): Promise<void> {
  if (state.isTerminating) return
  state.isTerminating = true
  const { scope } = state
  await stopAll(state, graceOf(state))
  publish(state)
  scope.node.tables.pods.update(state.pod, (pod) => ({
    ...pod,
    metadata: { ...pod.metadata, deletionGracePeriodSeconds: 0, deletionTimestamp: timestamp(scope.node.clock()) },
  }))
}

/** First the containers, then the sidecars, then what they ran in. */
async function stopAll({ slots, scope, stop }: State, graceMs: number): Promise<void> {
  stop.abort()
  const deadline = Date.now() + graceMs
  for (const kinds of [['main', 'init'], ['sidecar']]) {
    const leftMs = Math.max(0, deadline - Date.now())
    await Promise.all(
      slots.filter(({ kind }) => kinds.includes(kind)).map((slot) => stopContainer(slot, scope, leftMs)),
    )
  }
  scope.namespace?.close()
}

async function cleanUp({ scope }: State): Promise<void> {
  await rm(scope.folder, { recursive: true, force: true, maxRetries: 3 })
}

function replaceImages(state: State): void {
  const specs = [...(state.pod.spec.initContainers ?? []), ...state.pod.spec.containers]
  for (const slot of state.slots) {
    const spec = specs.find(({ name }) => name === slot.spec.name)
    if (spec === undefined || spec.image === slot.spec.image) continue
    slot.spec = spec
    void replaceImage(slot, state.scope, graceOf(state)).catch((error: unknown) => state.scope.node.onError(error))
  }
}

function readLogs({ slots }: State, container: string, query: LogQuery): AsyncIterable<string> | LogRefusal {
  const slot = slots.find(({ spec }) => spec.name === container)
  if (slot === undefined) return { refused: 'unavailable', message: `the pod has no container ${container}` }
  const { state, logs } = slot
  const log = logs.get((query.previous ? previousRun(slot) : currentRun(slot)) ?? '')
  if (log !== undefined) return log.read(query)
  return query.previous ? { refused: 'no-previous-run' } : { refused: 'waiting', reason: state.waiting?.reason ?? '' }
}

function previousRun({ lastState }: Slot): string | undefined {
  return lastState.terminated?.containerID
}

/** A container that waits has none; what it said last is shown. */
function currentRun(slot: Slot): string | undefined {
  if (slot.state.running !== undefined) return slot.containerId
  return slot.state.terminated?.containerID ?? previousRun(slot)
}
