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

/**
 * What is in Docker's engine under its name, or with `isFound` under the one that tells it from all others, gets the other
 * one too; returns the latter.
 */
export async function nameInEngine(
  { runProcess, env, signal }: Pick<Context, 'env' | 'runProcess' | 'signal'>,
  name: string,
  { id, isFound }: { readonly id: string; readonly isFound: boolean },
): Promise<string> {
  const unique = nameWithId(name, id)
  const [from, to] = isFound ? [unique, name] : [name, unique]
  const { status } = await runProcess({ command: 'docker', args: ['tag', from, to], env, signal })
  return isFound || status === 0 ? unique : name
}
