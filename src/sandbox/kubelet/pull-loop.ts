import type { NodeImage } from './images.ts'
import { say, setWaiting, type PodScope, type Slot } from './scope.ts'
import { goDuration, pause } from './timing.ts'

/**
 * Gets the container's image, by its pull policy, again and again until it is there; undefined when the container is
 * stopped or gets another image meanwhile.
 */
export async function obtainImage(slot: Slot, scope: PodScope): Promise<NodeImage | undefined> {
  const { node } = scope
  const { signal } = slot.interrupt
  const name = slot.spec.image ?? ''
  for (let failures = 0; !signal.aborted; failures += 1) {
    const known = presentImage(slot, scope)
    if (known !== undefined) return known
    if (slot.spec.imagePullPolicy === 'Never') {
      await refuseToPull(slot, scope)
      continue
    }
    say(slot, scope, { type: 'Normal', reason: 'Pulling', message: `Pulling image "${name}"` })
    const started = node.clock().getTime()
    const pulled = await node.images.pull(name, node.platform, signal).catch((error: unknown) => {
      if (signal.aborted) return undefined
      throw error
    })
    if (pulled === undefined) return undefined
    if (!('message' in pulled)) return keep(slot, scope, { pulled, durationMs: node.clock().getTime() - started })
    if (pulled.reason === 'InvalidImageName') return reportInvalidName(slot, scope, pulled.message)
    await backOff(slot, scope, { message: pulled.message, failures })
  }
  return undefined
}

function presentImage(slot: Slot, scope: PodScope): NodeImage | undefined {
  const name = slot.spec.image ?? ''
  const known = scope.node.present.get(name)
  if (known === undefined || slot.spec.imagePullPolicy === 'Always') return undefined
  const message = `Container image "${name}" already present on machine and can be accessed by the pod`
  say(slot, scope, { type: 'Normal', reason: 'Pulled', message })
  return known
}

function keep(
  slot: Slot,
  scope: PodScope,
  { pulled, durationMs }: { readonly pulled: NodeImage; readonly durationMs: number },
): NodeImage {
  const name = slot.spec.image ?? ''
  scope.node.present.set(name, pulled)
  const took = goDuration(durationMs)
  const bytes = pulled.image.layers.reduce(
    (sum, { descriptor }) => sum + descriptor.size,
    pulled.image.rawConfig.length,
  )
  const message = `Successfully pulled image "${name}" in ${took} (${took} including waiting). Image size: ${bytes} bytes.`
  say(slot, scope, { type: 'Normal', reason: 'Pulled', message })
  return pulled
}

async function refuseToPull(slot: Slot, scope: PodScope): Promise<void> {
  const message = `Container image "${slot.spec.image ?? ''}" is not present with pull policy of Never`
  const reason = 'ErrImageNeverPull'
  say(slot, scope, { type: 'Warning', reason, message })
  say(slot, scope, { type: 'Warning', reason: 'Failed', message: `Error: ${reason}` })
  setWaiting(slot, scope, { reason, message })
  await pause(scope.node.timing.pullBackOff, slot.interrupt.signal)
}

/** Nothing but another name helps. */
async function reportInvalidName(slot: Slot, scope: PodScope, message: string): Promise<undefined> {
  say(slot, scope, { type: 'Warning', reason: 'InspectFailed', message })
  say(slot, scope, { type: 'Warning', reason: 'Failed', message: 'Error: InvalidImageName' })
  setWaiting(slot, scope, { reason: 'InvalidImageName', message })
  const { signal } = slot.interrupt
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  return undefined
}

async function backOff(
  slot: Slot,
  scope: PodScope,
  { message, failures }: { readonly message: string; readonly failures: number },
): Promise<void> {
  const { timing } = scope.node
  const { signal } = slot.interrupt
  const name = slot.spec.image ?? ''
  say(slot, scope, { type: 'Warning', reason: 'Failed', message: `Failed to pull image "${name}": ${message}` })
  say(slot, scope, { type: 'Warning', reason: 'Failed', message: 'Error: ErrImagePull' })
  setWaiting(slot, scope, { reason: 'ErrImagePull', message })
  await pause(timing.settle, signal)
  if (signal.aborted) return
  const backingOff = `Back-off pulling image "${name}"`
  say(slot, scope, { type: 'Normal', reason: 'BackOff', message: backingOff })
  say(slot, scope, { type: 'Warning', reason: 'Failed', message: 'Error: ImagePullBackOff' })
  setWaiting(slot, scope, { reason: 'ImagePullBackOff', message: `${backingOff}: ErrImagePull: ${message}` })
  await pause(Math.min(timing.pullBackOff * 2 ** failures, timing.backOffMax), signal)
}
