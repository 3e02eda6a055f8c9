import { createHash } from 'node:crypto'
import type { ContainerSpec, DockerOutside } from './contract.ts'
import { artifactLabel, docker } from './docker-call.ts'

/** A volume with the debuggers' files, which images bring; undefined when none is needed. One volume serves all runs. */
export async function fillDebugVolume(
  { launch, artifact }: ContainerSpec,
  outside: DockerOutside,
): Promise<string | undefined> {
  const { helpers = [] } = launch ?? {}
  if (helpers.length === 0) return undefined
  const volume = `catamaran-debug-${createHash('sha256').update(helpers.join('\n')).digest('hex').slice(0, 12)}`
  const what = `debugger files for ${artifact}`
  await docker(what, ['volume', 'create', '--label', `${artifactLabel}=`, volume], outside)
  for (const helper of helpers) {
    await docker(what, ['run', '--rm', '--network', 'none', '--volume', `${volume}:/dbg`, helper], outside)
  }
  return volume
}
