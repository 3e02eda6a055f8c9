import { isToolError, ToolError } from '../../errors/index.ts'
import type { RunOutcome } from '../../subprocess/index.ts'
import type { DockerOutside } from './contract.ts'

/** On every container and network that is made here: the artifact's name. */
export const artifactLabel = 'catamaran.dev/artifact'
/** The run that made it. */
export const runLabel = 'skaffold.dev/run-id'

/**
 * Asks docker; its answer may be no.
 * @throws DOCKER_DEPLOY_FAILED without docker
 */
export async function askDocker(
  args: readonly string[],
  { runProcess, env, signal }: Pick<DockerOutside, 'env' | 'runProcess' | 'signal'>,
): Promise<RunOutcome> {
  try {
    return await runProcess({ command: 'docker', args, env, signal })
  } catch (error) {
    if (!isToolError(error, 'PROGRAM_MISSING')) throw error
    throw new ToolError('DOCKER_DEPLOY_FAILED', 'deploy.docker needs docker, which is not on this machine', {
      hint: 'install Docker (https://docs.docker.com/engine/install), or deploy to a cluster',
      cause: error,
    })
  }
}

/**
 * Runs docker, which has to succeed; what it prints without blanks at its ends.
 * @throws DOCKER_DEPLOY_FAILED with what it says
 */
export async function docker(
  what: string,
  args: readonly string[],
  outside: Pick<DockerOutside, 'env' | 'runProcess' | 'signal'>,
): Promise<string> {
  const { status, stdout, stderr } = await askDocker(args, outside)
  if (status === 0) return stdout.trim()
  throw failure(what, (stderr.trim() || stdout.trim()).split('\n').slice(-3).join('\n'))
}

/** The error of a container that does not run. */
export function failure(what: string, why: string): ToolError {
  const isForeign = /exec format error|no match for platform|does not match the (?:specified|detected) platform/i.test(
    why,
  )
  return new ToolError('DOCKER_DEPLOY_FAILED', `${what}: ${why}`, {
    hint: isForeign
      ? 'build for the platform of this machine with --platform, or install an emulator: docker run --privileged --rm tonistiigi/binfmt --install all'
      : 'correct what Docker says; "docker ps --all" lists the containers',
  })
}
