import type { SkaffoldConfig } from '../../config/index.ts'
import {
  deployContainers,
  removeContainers,
  type ContainerSpec,
  type PublishedPort,
  type RunningContainer,
} from '../../deploy/docker/index.ts'
import { ToolError } from '../../errors/index.ts'
import { only } from '../../platform/index.ts'
import type { BuiltArtifact, Context, DeployOptions, Project } from '../contract.ts'
import type { DebugLaunch } from './debug-container.ts'

/** What is run, and how. */
export interface DeployDockerOptions {
  readonly built: readonly BuiltArtifact[]
  readonly deploy: DeployOptions
}

const defaultDeadlineSeconds = 600

/**
 * Runs the images that `deploy.docker` lists as containers of Docker's engine on this machine.
 * @throws DOCKER_DEPLOY_FAILED
 */
export async function deployDocker(
  context: Context,
  { configs }: Project,
  { built, deploy }: DeployDockerOptions,
): Promise<readonly RunningContainer[]> {
  const specs = await Promise.all(configs.map(async (config) => specsOf(context, config, { built, deploy })))
  const isAwaited = deploy.statusCheck ?? configs.every((config) => config.deploy.statusCheck !== false)
  const deadlines = configs.flatMap((config) => config.deploy.statusCheckDeadlineSeconds ?? [])
  const deadlineSeconds = deadlines.length === 0 ? defaultDeadlineSeconds : Math.max(...deadlines)
  context.emit({ type: 'deployStarted' })
  const { runProcess, env, emit, signal, now, runId } = context
  return deployContainers({
    containers: specs.flat(),
    runId,
    labels: deploy.labels,
    ...(isAwaited ? { deadlineMs: deadlineSeconds * 1000 } : {}),
    runProcess,
    env,
    emit,
    signal,
    now,
  })
}

/** Removes what this run, or whoever ran the same artifacts, has left. */
export async function removeFromDocker(
  context: Context,
  { configs }: Project,
  { runId, dryRun }: { readonly runId?: string; readonly dryRun: boolean },
): Promise<readonly string[]> {
  const images = [...new Set(configs.flatMap(({ deploy }) => deploy.docker?.images ?? []))]
  const { runProcess, env, emit, signal } = context
  const removed: string[] = []
  for (const artifact of images) {
    const filter = { artifact, ...(runId === undefined ? {} : { runId }) }
    removed.push(...(await removeContainers({ filter, dryRun, runProcess, env, emit, signal })))
  }
  return removed.map((name) => `container/${name}`)
}

async function specsOf(
  context: Context,
  config: SkaffoldConfig,
  { built, deploy }: DeployDockerOptions,
): Promise<readonly ContainerSpec[]> {
  const images = config.deploy.docker?.images ?? []
  return Promise.all(
    images.map(async (image) => {
      const found = built.find((one) => one.image === image)
      if (found === undefined) throw unknownImage(config, image)
      const platforms = found.platforms ?? []
      const platform = platforms.find((one) => only(context.host).matches(one)) ?? platforms[0]
      const launch = deploy.debug === undefined ? undefined : await debugged(context, config, { built: found, deploy })
      return {
        artifact: image,
        reference: found.reference,
        ...(platform === undefined ? {} : { platform }),
        ports: [...portsOf(config, image), ...(launch?.ports ?? [])],
        ...(launch === undefined ? {} : { launch }),
      }
    }),
  )
}

/** Looking into images for their programs is loaded only for `debug`. */
async function debugged(
  context: Context,
  config: SkaffoldConfig,
  options: { readonly built: BuiltArtifact; readonly deploy: DeployOptions },
): Promise<DebugLaunch | undefined> {
  const { launchForDebuggers } = await import('./debug-container.ts')
  return launchForDebuggers(context, config, options)
}

/** What is forwarded of resources that are of type `container` and have the artifact's name. */
function portsOf({ portForward = [] }: SkaffoldConfig, image: string): readonly PublishedPort[] {
  return portForward.flatMap(({ resourceType, resourceName, port, address = '127.0.0.1', localPort }) =>
    resourceType === 'container' && resourceName === image
      ? [{ port: Number(port), address, ...(localPort === undefined ? {} : { localPort }) }]
      : [],
  )
}

function unknownImage({ file }: SkaffoldConfig, image: string): ToolError {
  return new ToolError('DOCKER_DEPLOY_FAILED', `deploy.docker.images of ${file} lists ${image}, which was not built`, {
    hint: `add ${image} to build.artifacts, or give it with -i ${image}=REFERENCE`,
  })
}
