import type { DockerArtifact } from '../../../config/index.ts'
import { formatPlatform } from '../../../platform/index.ts'
import type { EngineJob } from '../dockerfile/engine.ts'

/** What the arguments are made of. */
export type ArgumentsJob = Pick<EngineJob, 'contextFolder' | 'docker' | 'dockerfile' | 'parents' | 'platform'>

/** Arguments of `docker buildx build`; the image is written as `output` says, without attestations. */
export function buildxArguments(job: ArgumentsJob, output: readonly string[]): readonly string[] {
  const { contextFolder, docker, dockerfile, parents, platform } = job
  return [
    'buildx',
    'build',
    '--platform',
    formatPlatform(platform),
    '--provenance=false',
    '--progress=plain',
    '--file',
    dockerfile,
    ...commonArguments(docker),
    ...each(
      '--build-context',
      parents.map(({ reference, folder, digest }) => `${reference}=oci-layout://${folder}@${digest}`),
    ),
    ...each('--secret', docker.secrets?.map(secretText)),
    ...one('--ssh', docker.ssh),
    ...(docker.cliFlags ?? []),
    ...output,
    contextFolder,
  ]
}

/** Arguments of `docker build` for an engine without buildx: its old builder, which knows neither secrets nor ssh. */
export function classicArguments(job: ArgumentsJob, tag: string): readonly string[] {
  const { contextFolder, docker, dockerfile, platform } = job
  return [
    'build',
    '--platform',
    formatPlatform(platform),
    '--file',
    dockerfile,
    ...commonArguments(docker),
    ...(docker.squash === true ? ['--squash'] : []),
    ...(docker.cliFlags ?? []),
    '--tag',
    tag,
    contextFolder,
  ]
}

/** Flags that all of Docker's builders spell alike. */
function commonArguments(docker: DockerArtifact): readonly string[] {
  return [
    ...one('--target', docker.target),
    ...each(
      '--build-arg',
      Object.entries(docker.buildArgs).map(([name, value]) => `${name}=${value}`),
    ),
    ...one('--network', networkOf(docker)),
    ...each('--add-host', docker.addHost),
    ...each('--cache-from', docker.cacheFrom),
    ...(docker.noCache === true ? ['--no-cache'] : []),
    ...(docker.pullParent === true ? ['--pull'] : []),
  ]
}

/** The engine's own network has a name of its own in BuildKit. */
function networkOf({ network }: DockerArtifact): string | undefined {
  return network?.replace(/^bridge$/i, 'default')
}

/** A secret as buildx, buildah and podman want it. */
export function secretText({ id, src, env }: NonNullable<DockerArtifact['secrets']>[number]): string {
  const from = env === undefined ? one('src=', src).join('') : `env=${env}`
  return from === '' ? `id=${id}` : `id=${id},${from}`
}

/** The flag and its value, if there is one. */
export function one(flag: string, value: string | undefined): readonly string[] {
  return value === undefined || value === '' ? [] : [flag, value]
}

/** The flag before each value. */
export function each(flag: string, values: readonly string[] | undefined): readonly string[] {
  return (values ?? []).flatMap((value) => [flag, value])
}
