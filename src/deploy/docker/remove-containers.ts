import type { Emit } from '../../events/index.ts'
import type { DockerOutside } from './contract.ts'
import { networkName } from './deploy-containers.ts'
import { askDocker, docker } from './docker-call.ts'
import { findContainers, type ContainerFilter } from './find-containers.ts'

/** Which containers are removed. */
export interface RemovalRequest extends DockerOutside {
  readonly filter: ContainerFilter
  /** Only say which. */
  readonly dryRun: boolean
  readonly emit: Emit
}

/**
 * Stops and removes containers that were made here, and their networks once nobody is in them. Gives their names.
 * @throws DOCKER_DEPLOY_FAILED
 */
export async function removeContainers({ filter, dryRun, ...outside }: RemovalRequest): Promise<readonly string[]> {
  const found = await findContainers(filter, outside)
  for (const { name } of found) {
    if (!dryRun) await docker(`container ${name}`, ['rm', '--force', '--volumes', name], outside)
    outside.emit({ type: 'resourceDeleted', resource: `container "${name}"` })
  }
  const runIds = new Set([...found.map(({ runId }) => runId), ...(filter.runId === undefined ? [] : [filter.runId])])
  // a network that another container is in stays
  if (!dryRun) for (const runId of runIds) await askDocker(['network', 'rm', networkName(runId)], outside)
  return found.map(({ name }) => name)
}
