import * as v from 'valibot'
import type { DockerOutside } from './contract.ts'
import { artifactLabel, docker, runLabel } from './docker-call.ts'

/** A container that was made here, by this run or another. */
export interface FoundContainer {
  readonly name: string
  readonly artifact: string
  /** What it was made of. */
  readonly reference: string
  readonly runId: string
  readonly isRunning: boolean
  readonly launch: string
}

/** Which containers; without members all that were made here. */
export interface ContainerFilter {
  readonly artifact?: string
  readonly runId?: string
}

type Asking = Pick<DockerOutside, 'env' | 'runProcess' | 'signal'>

const inspectSchema = v.array(
  v.looseObject({
    Name: v.string(),
    Config: v.looseObject({ Image: v.string(), Labels: v.nullish(v.record(v.string(), v.string())) }),
    State: v.looseObject({ Running: v.boolean() }),
  }),
)

/** @throws DOCKER_DEPLOY_FAILED */
export async function findContainers(
  { artifact, runId }: ContainerFilter,
  outside: Asking,
): Promise<readonly FoundContainer[]> {
  const filters = [
    artifact === undefined ? artifactLabel : `${artifactLabel}=${artifact}`,
    ...(runId === undefined ? [] : [`${runLabel}=${runId}`]),
  ]
  const args = ['ps', '--all', '--quiet', '--no-trunc', ...filters.flatMap((filter) => ['--filter', `label=${filter}`])]
  const ids = (await docker('containers could not be listed', args, outside)).split(/\s+/).filter((id) => id !== '')
  if (ids.length === 0) return []
  const text = await docker('containers could not be inspected', ['container', 'inspect', ...ids], outside)
  return v.parse(inspectSchema, JSON.parse(text)).map(({ Name, Config, State }) => {
    const labels = Config.Labels ?? {}
    return {
      name: Name.replace(/^\//, ''),
      artifact: labels[artifactLabel] ?? '',
      reference: Config.Image,
      runId: labels[runLabel] ?? '',
      isRunning: State.Running,
      launch: labels['catamaran.dev/launch'] ?? '',
    }
  })
}

/** As Skaffold does: the last part of the artifact's name, with a number behind it when somebody has that. */
export async function nameFor(artifact: string, outside: Asking): Promise<string> {
  const plain = artifact.slice(artifact.lastIndexOf('/') + 1).replaceAll(/[^\w.-]/g, '-')
  const taken = new Set(
    (await docker('containers could not be listed', ['ps', '--all', '--format', '{{.Names}}'], outside)).split(/[\n,]/),
  )
  let name = plain
  for (let number = 1; taken.has(name); number += 1) name = `${plain}-${number}`
  return name
}
