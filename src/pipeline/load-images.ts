import { createImageLoader, type LoadableImage } from '../load/index.ts'
import type { BuiltArtifact, Context, DeployOptions } from './contract.ts'

/**
 * Brings the images that were not pushed to the nodes of a cluster on this machine, and with `loadImages` also those that
 * were given.
 * @throws IMAGE_LOAD_FAILED
 */
export async function loadImages(
  context: Context,
  built: readonly BuiltArtifact[],
  { loadImages: isForced }: Pick<DeployOptions, 'loadImages'>,
): Promise<void> {
  const own = await context.localCluster?.()
  if (own === undefined || (!own.cluster.loadsImages && isForced !== true)) return
  const wanted = built.filter(({ reference }) => isForced === true || !reference.includes('@'))
  const loadable = (await Promise.all(wanted.map(async (one) => asLoadable(context, one)))).filter(
    (one) => one !== undefined,
  )
  // what is in Docker's engine is where these clusters look for it
  if (loadable.length === 0 || own.cluster.kind === 'docker') return
  const startedAt = context.now()
  const loader = createImageLoader(own.cluster, context)
  context.emit({ type: 'loadsStarted', target: loader.title })
  for (const image of loadable) {
    context.emit({ type: 'imageLoaded', reference: image.reference, outcome: await loader.load(image) })
  }
  context.emit({ type: 'loadsFinished', durationMs: context.now() - startedAt })
}

/** An image that was built before is loaded when Docker's engine has it. */
async function asLoadable(
  { runProcess, env, signal }: Context,
  { reference, made }: BuiltArtifact,
): Promise<LoadableImage | undefined> {
  if (made !== undefined) return { reference, image: made }
  const args = ['image', 'inspect', '--format', '{{.Id}}', reference]
  const status = await runProcess({ command: 'docker', args, env, signal }).then(
    (outcome) => outcome.status,
    () => undefined,
  )
  signal.throwIfAborted()
  return status === 0 ? { reference } : undefined
}
