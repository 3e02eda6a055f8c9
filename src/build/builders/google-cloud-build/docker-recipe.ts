import type { DockerArtifact } from '../../../config/index.ts'
import { ToolError } from '../../../errors/index.ts'
import { formatPlatform, type Platform } from '../../../platform/index.ts'
import { engineArguments } from '../dockerfile/parents.ts'
import { verbatim, type BuildRecipe, type BuildStep, type RecipeJob } from './steps.ts'

/**
 * `docker build` for one platform, as Skaffold has it: with emulation for what the workers are not, and after pulling what
 * is built upon.
 * @throws CONFIG_CONFLICT for secrets and ssh
 */
export function dockerRecipe(given: DockerArtifact, job: RecipeJob): BuildRecipe {
  refuseSecrets(given, job)
  const docker = { ...given, cacheFrom: cacheNames(given, job) }
  const { settings, tag, platforms } = job
  const list = platforms.map(formatPlatform).join(',')
  const build: BuildStep = {
    name: settings.dockerImage,
    args: [
      'build',
      '--tag',
      tag,
      '-f',
      job.dockerfile ?? docker.dockerfile,
      '--platform',
      list,
      ...flags(docker, job),
      '.',
    ],
    // only BuildKit builds for another platform
    env: ['DOCKER_BUILDKIT=1'],
  }
  return { steps: [...emulatorSteps(job), ...pullSteps(docker.cacheFrom, job), build], images: [tag] }
}

function refuseSecrets({ secrets = [], ssh = '' }: DockerArtifact, { artifact }: RecipeJob): void {
  if (secrets.length === 0 && ssh === '') return
  throw new ToolError(
    'CONFIG_CONFLICT',
    `docker build options, secrets and ssh, are not currently supported in GCB builds: ${artifact.image} has them`,
    { hint: 'build it on this machine, in a profile with `build.local`' },
  )
}

/** A cache that is named like the artifact means the image that is built. */
function cacheNames({ cacheFrom = [] }: DockerArtifact, { artifact, tag, env }: RecipeJob): readonly string[] {
  if ((env['SKAFFOLD_DISABLE_GCB_CACHE_ADJUSTMENT'] ?? '') !== '') return cacheFrom
  return cacheFrom.map((name) => (name === artifact.image ? tag : name))
}

function flags(
  docker: DockerArtifact & { readonly cacheFrom: readonly string[] },
  { parents = [] }: RecipeJob,
): readonly string[] {
  const given = Object.entries({ ...engineArguments(parents), ...docker.buildArgs })
  const named = given.toSorted(([left], [right]) => (left < right ? -1 : 1))
  return [
    ...named.flatMap(([name, value]) => ['--build-arg', verbatim(`${name}=${value}`)]),
    ...(docker.addHost ?? []).flatMap((host) => ['--add-host', verbatim(host)]),
    ...docker.cacheFrom.flatMap((name) => ['--cache-from', verbatim(name)]),
    ...(docker.cliFlags ?? []).map(verbatim),
    ...(docker.target === undefined ? [] : ['--target', docker.target]),
    ...(docker.network === undefined ? [] : ['--network', docker.network.toLowerCase()]),
    ...(docker.noCache === true ? ['--no-cache'] : []),
    ...(docker.squash === true ? ['--squash'] : []),
    ...(docker.pullParent === true ? ['--pull'] : []),
  ]
}

function pullSteps(names: readonly string[], { platforms, settings }: RecipeJob): readonly BuildStep[] {
  const [platform] = platforms.map(formatPlatform)
  const flag = platform === undefined || platforms.length > 1 ? '' : `--platform ${platform} `
  return names.map((name) => ({
    name: settings.dockerImage,
    entrypoint: 'sh',
    args: ['-c', `docker pull ${flag}${verbatim(name)} || true`],
  }))
}

/** Workers are linux/amd64. */
function emulatorSteps({
  platforms,
  settings: { platformEmulatorInstallStep: step },
}: RecipeJob): readonly BuildStep[] {
  if (platforms.every(isWorker)) return []
  const { image = '', args, entrypoint } = step
  return [{ name: image, ...(args === undefined ? {} : { args }), ...(entrypoint === undefined ? {} : { entrypoint }) }]
}

/** Whether the workers of Google's run programs of a platform by themselves. */
export function isWorker({ os, architecture }: Platform): boolean {
  return os === 'linux' && architecture === 'amd64'
}
