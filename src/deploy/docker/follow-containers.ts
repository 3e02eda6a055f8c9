import type { DockerOutside, RunningContainer } from './contract.ts'

/** Follows what a container prints until the signal is aborted or the container ends. */
export async function followContainer(
  { name, artifact }: Pick<RunningContainer, 'artifact' | 'name'>,
  { runProcess, env, emit, signal }: DockerOutside,
  since?: string,
): Promise<void> {
  const args = ['logs', '--follow', ...(since === undefined ? [] : ['--since', since]), name]
  await runProcess({
    command: 'docker',
    args,
    env,
    signal,
    maxOutputBytes: 1024,
    onLine: (text) => emit({ type: 'log', pod: name, container: artifact, label: name, text }),
  })
}
