import { isToolError } from '../errors/index.ts'
import type { Image } from '../image/index.ts'
import { loadIntoEngine } from '../load/index.ts'
import { nameWithId } from './local-name.ts'
import type { Context } from './contract.ts'

/**
 * Gives an image that is not pushed to Docker's engine, under its name and under the one that tells it from all others,
 * which it returns. That it could not be kept there is said and no failure: it may have been built to see whether it
 * builds, or is given to a cluster later.
 */
export async function loadImage(context: Context, image: Image, name: string): Promise<string> {
  const unique = nameWithId(name, image.manifest.config.digest)
  try {
    await loadIntoEngine({ reference: unique, image }, context, [name])
    context.emit({ type: 'info', text: `${name} is in Docker's engine on this machine` })
  } catch (error) {
    context.signal.throwIfAborted()
    if (!isToolError(error, 'IMAGE_LOAD_FAILED')) throw error
    context.emit({ type: 'info', text: `${name} is kept nowhere: ${error.message}` })
  }
  return unique
}

/** What a script has left in Docker's engine, under the name that tells it from all others. */
export async function nameInEngine(
  { runProcess, env, signal }: Pick<Context, 'env' | 'runProcess' | 'signal'>,
  name: string,
  id: string,
): Promise<string> {
  const unique = nameWithId(name, id)
  const { status } = await runProcess({ command: 'docker', args: ['tag', name, unique], env, signal })
  return status === 0 ? unique : name
}
