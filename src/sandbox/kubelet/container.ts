import type { Terminated } from '../kinds.ts'
import { planRun, runOnce } from './container-run.ts'
import type { RunningContainer } from './isolation.ts'
import { obtainImage } from './pull-loop.ts'
import type { RunPlan } from './run-plan.ts'
import { say, setWaiting, type PodScope, type Slot } from './scope.ts'
import { goDuration, pause } from './timing.ts'
import { podId } from './user.ts'

/** Keeps a container running, as its restart policy says, until it is done or stopped. Never fails. */
export function keepRunning(slot: Slot, scope: PodScope): Promise<void> {
  slot.done = runAgainAndAgain(slot, scope).catch((error: unknown) => scope.node.onError(error))
  return slot.done
}

async function runAgainAndAgain(slot: Slot, scope: PodScope): Promise<void> {
  let crashes = 0
  for (let isAgain = false; !slot.isStopping; isAgain = true) {
    if (slot.interrupt.signal.aborted) slot.interrupt = new AbortController()
    const plan = await prepare(slot, scope)
    if (plan === undefined) continue
    if (isAgain && slot.containerId !== undefined) slot.restartCount += 1
    const began = scope.node.clock().getTime()
    const ended = await runOnce(slot, plan, scope)
    if (slot.isStopping) return
    if (slot.interrupt.signal.aborted) continue
    if (!restarts(slot, scope, ended)) return
    const ranMs = scope.node.clock().getTime() - began
    crashes = ranMs >= scope.node.timing.backOffReset ? 1 : crashes + 1
    await backOff(slot, scope, crashes)
  }
}

/** Image and configuration; undefined when something else is to be tried. */
async function prepare(slot: Slot, scope: PodScope): Promise<RunPlan | undefined> {
  const image = await obtainImage(slot, scope)
  if (image === undefined) return undefined
  slot.imageId = image.id
  const plan = planRun(slot, image, scope)
  if (!('problem' in plan)) return plan
  say(slot, scope, { type: 'Warning', reason: 'Failed', message: `Error: ${plan.problem}` })
  setWaiting(slot, scope, { reason: 'CreateContainerConfigError', message: plan.problem })
  await pause(scope.node.timing.retry, slot.interrupt.signal)
  return undefined
}

function restarts(slot: Slot, { pod }: PodScope, { exitCode }: Terminated): boolean {
  if (slot.kind === 'sidecar') return true
  const policy = pod().spec.restartPolicy ?? 'Always'
  if (policy === 'Never') return false
  return exitCode !== 0 || (policy === 'Always' && slot.kind === 'main')
}

/** The first restart comes at once, the next after ten seconds, and each later one after twice the time. */
async function backOff(slot: Slot, scope: PodScope, crashes: number): Promise<void> {
  const { timing } = scope.node
  const { signal } = slot.interrupt
  if (crashes < 2) {
    await pause(Math.min(timing.settle, timing.crashBackOff) / 4, signal)
    return
  }
  const pod = podId(scope.pod())
  const name = slot.spec.name
  const waitMs = Math.min(timing.crashBackOff * 2 ** (crashes - 2), timing.backOffMax)
  const message = `Back-off restarting failed container ${name} in pod ${pod}`
  say(slot, scope, { type: 'Warning', reason: 'BackOff', message })
  const settleMs = Math.min(timing.settle, waitMs)
  await pause(settleMs, signal)
  if (signal.aborted) return
  const backingOff = `back-off ${goDuration(waitMs)} restarting failed container=${name} pod=${pod}`
  setWaiting(slot, scope, { reason: 'CrashLoopBackOff', message: backingOff })
  await pause(waitMs - settleMs, signal)
}

/** Ends the container: its stop signal first, after `graceMs` the end of everything in it. */
export async function stopContainer(slot: Slot, scope: PodScope, graceMs: number): Promise<void> {
  slot.isStopping = true
  slot.interrupt.abort()
  slot.endIdle?.()
  const { running } = slot
  if (slot.state.running !== undefined) {
    say(slot, scope, { type: 'Normal', reason: 'Killing', message: `Stopping container ${slot.spec.name}` })
  }
  if (running !== undefined) await endProcess(slot, running, graceMs)
  await slot.done
}

/** Another image for a container that is there: it is stopped, and starts again with it. */
export async function replaceImage(slot: Slot, scope: PodScope, graceMs: number): Promise<void> {
  const { running } = slot
  if (slot.state.running !== undefined) {
    const message = `Container ${slot.spec.name} definition changed, will be restarted`
    say(slot, scope, { type: 'Normal', reason: 'Killing', message })
  }
  slot.interrupt.abort()
  slot.endIdle?.()
  if (running !== undefined) await endProcess(slot, running, graceMs)
}

async function endProcess({ stopSignal }: Slot, running: RunningContainer, graceMs: number): Promise<void> {
  if (graceMs > 0) running.signal(stopSignal)
  const timer = setTimeout(() => running.kill(), graceMs)
  await running.exited
  clearTimeout(timer)
}
