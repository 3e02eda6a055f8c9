import { randomBytes } from 'node:crypto'
import type { ActionContainer } from '../config/index.ts'
import { isToolError, ToolError } from '../errors/index.ts'
import type { Context } from './contract.ts'
import type { RunFailure } from './exec-failure.ts'

/** A container of Docker on this machine. */
export interface LocalRun {
  readonly container: ActionContainer
  readonly mode: { readonly useLocalImages: boolean }
  readonly network?: string
}

/**
 * Runs a container with docker to its end and removes it, also when it is interrupted.
 * @throws PROGRAM_MISSING without docker; the signal's reason
 */
export async function runLocally(context: Context, run: LocalRun): Promise<RunFailure> {
  const { runProcess, env, signal, emit } = context
  const { name } = run.container
  const id = `${name.replaceAll(/[^\w.-]/g, '-')}-${randomBytes(4).toString('hex')}`
  try {
    const { status } = await runProcess({
      command: 'docker',
      args: dockerArguments(id, run),
      env,
      signal,
      onLine: (text) => emit({ type: 'actionOutput', name, text }),
    })
    if (status === 0) return undefined
    return status === undefined ? 'it was ended by a signal' : `it exited with ${status}`
  } catch (error) {
    if (!isToolError(error, 'PROGRAM_MISSING')) throw error
    throw new ToolError(
      'PROGRAM_MISSING',
      `the container ${name} is to run on this machine, and docker is not installed`,
      {
        hint: 'install docker, or write executionMode.kubernetesCluster to run it in the cluster',
        cause: error,
      },
    )
  } finally {
    if (signal.aborted) await removeContainer(context, id)
  }
}

/** As in Kubernetes, a command takes the place of the image's entrypoint and of its arguments. */
function dockerArguments(id: string, { container, mode, network }: LocalRun): readonly string[] {
  const { image, command = [], args = [], env } = container
  const [entrypoint, ...rest] = command
  return [
    'run',
    '--rm',
    '--name',
    id,
    `--pull=${mode.useLocalImages || image.includes('@') ? 'missing' : 'always'}`,
    ...(network === undefined ? [] : ['--network', network]),
    ...Object.entries(env).flatMap(([key, value]) => ['-e', `${key}=${value}`]),
    ...(entrypoint === undefined ? [] : ['--entrypoint', entrypoint]),
    image,
    ...rest,
    ...args,
  ]
}

/** Interrupting the docker command is not enough when it has only just begun. */
async function removeContainer({ runProcess, env }: Context, id: string): Promise<void> {
  await runProcess({ command: 'docker', args: ['rm', '--force', id], env }).catch(() => {})
}
