import { formatPlatform } from '../../platform/index.ts'
import type { ContainersRequest, ContainerSpec, RunningContainer } from './contract.ts'
import { artifactLabel, askDocker, docker, runLabel } from './docker-call.ts'
import { findContainers, nameFor, type FoundContainer } from './find-containers.ts'
import { fillDebugVolume } from './debug-volume.ts'
import { publishPorts } from './publish-ports.ts'
import { awaitRunning } from './await-running.ts'

/**
 * Runs images as containers of Docker's engine on this machine, all in one network, where each is found by the name of its
 * artifact. A container of an older image, or of a former run, is replaced; one whose image is the same stays.
 * @throws DOCKER_DEPLOY_FAILED
 */
export async function deployContainers(request: ContainersRequest): Promise<readonly RunningContainer[]> {
  const { containers, runId, emit } = request
  const network = await ensureNetwork(request)
  const running: RunningContainer[] = []
  for (const spec of containers) {
    const container = await replace(spec, network, request)
    emit({ type: 'resourceApplied', resource: `container/${container.name}`, action: container.action })
    running.push(container)
  }
  await awaitRunning(running, { ...request, runId })
  return running
}

/** As Skaffold names it. */
export function networkName(runId: string): string {
  return `skaffold-network-${runId}`
}

async function ensureNetwork(request: ContainersRequest): Promise<string> {
  const name = networkName(request.runId)
  const listed = await docker(
    'networks could not be listed',
    ['network', 'ls', '--quiet', '--filter', `name=^${name}$`],
    request,
  )
  if (listed === '') {
    await docker(`network ${name}`, ['network', 'create', '--label', `${runLabel}=${request.runId}`, name], request)
  }
  return name
}

async function replace(spec: ContainerSpec, network: string, request: ContainersRequest): Promise<RunningContainer> {
  const { artifact } = spec
  const own = await findContainers({ artifact }, request)
  const current = own.find(({ runId }) => runId === request.runId) ?? own[0]
  if (current?.runId === request.runId && isSame(current, spec)) {
    return { artifact, name: current.name, action: 'unchanged' }
  }
  for (const { name, runId } of own) {
    await docker(`container ${name}`, ['rm', '--force', '--volumes', name], request)
    // of a former run; one that another container is in stays
    if (runId !== request.runId) await askDocker(['network', 'rm', networkName(runId)], request)
  }
  const name = current?.name ?? (await nameFor(artifact, request))
  const volume = await fillDebugVolume(spec, request)
  const ports = await publishPorts({ ...spec, container: name }, request.emit)
  const args = [...runArguments(spec, name, request), '--network', network, '--network-alias', aliasOf(artifact)]
  const mounts = volume === undefined ? [] : ['--volume', `${volume}:/dbg`]
  await docker(`container ${name} does not start`, ['run', ...args, ...ports, ...mounts, ...programOf(spec)], request)
  return { artifact, name, action: current === undefined ? 'created' : 'configured' }
}

function isSame({ reference, isRunning, launch }: FoundContainer, spec: ContainerSpec): boolean {
  return isRunning && reference === spec.reference && launch === launchText(spec)
}

/** On the container, so that another way to start it makes another container. */
const launchLabel = 'catamaran.dev/launch'

function launchText({ launch, ports }: ContainerSpec): string {
  return JSON.stringify([launch ?? {}, ports])
}

function runArguments(spec: ContainerSpec, name: string, { runId, labels }: ContainersRequest): readonly string[] {
  const { artifact, platform, launch } = spec
  const all = { ...labels, [runLabel]: runId, [artifactLabel]: artifact, [launchLabel]: launchText(spec) }
  return [
    '--detach',
    '--name',
    name,
    ...Object.entries(all).flatMap(([key, value]) => ['--label', `${key}=${value}`]),
    ...(platform === undefined ? [] : ['--platform', formatPlatform(platform)]),
    ...Object.entries(launch?.env ?? {}).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
  ]
}

/** A command takes the place of the image's entrypoint and of its arguments. */
function programOf({ reference, launch }: ContainerSpec): readonly string[] {
  const [entrypoint, ...rest] = launch?.command ?? []
  const args = launch?.args ?? []
  return [...(entrypoint === undefined ? [] : ['--entrypoint', entrypoint]), reference, ...rest, ...args]
}

function aliasOf(artifact: string): string {
  return artifact.slice(artifact.lastIndexOf('/') + 1).replace(/[:@].*$/, '')
}
