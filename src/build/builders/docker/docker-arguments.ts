import type { DockerArtifact } from '../../../config/index.ts'
import { formatPlatform } from '../../../platform/index.ts'
import { asksForAttestations } from '../dockerfile/attestation-flags.ts'
import { argumentWords } from '../dockerfile/build-arguments.ts'
import type { EngineJob } from '../dockerfile/engine.ts'
import { cacheSource, cacheTarget } from './cache-scopes.ts'

/** What the arguments are made of. */
export type ArgumentsJob = Pick<
  EngineJob,
  'contextFolder' | 'docker' | 'dockerfile' | 'hasProvenance' | 'parents' | 'platform' | 'repository'
>

/** What is said to buildx beside the job. */
export interface BuildxOptions {
  /** Absent: the one in use. */
  readonly builder?: string
  readonly cacheTo?: readonly string[]
  readonly progress?: 'plain' | 'rawjson'
  /** Where the image is written. */
  readonly output: readonly string[]
}

/** Arguments of `docker buildx build`; without attestations unless the artifact's flags or the job ask for them. */
export function buildxArguments(
  job: ArgumentsJob,
  { builder, cacheTo = [], progress = 'plain', output }: BuildxOptions,
): readonly string[] {
  const { contextFolder, docker, dockerfile, parents, platform } = job
  const caches = cacheTo.map((wanted) => cacheTarget(wanted, job))
  return [
    'buildx',
    'build',
    ...one('--builder', builder),
    '--platform',
    formatPlatform(platform),
    ...provenanceOf(job),
    `--progress=${progress}`,
    '--file',
    dockerfile,
    ...commonArguments(docker),
    ...each(
      '--cache-from',
      caches.flatMap((target) => cacheSource(target) ?? []),
    ),
    ...each('--cache-to', caches),
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
export function classicArguments(
  job: Omit<ArgumentsJob, 'hasProvenance' | 'parents' | 'repository'>,
  tag: string,
): readonly string[] {
  const { contextFolder, docker, dockerfile, platform } = job
  return [
    'build',
    '--platform',
    formatPlatform(platform),
    '--force-rm',
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

/** What buildx attests without being asked does not reach layouts and what is pushed by digest, so it is asked. */
function provenanceOf({ docker, hasProvenance }: ArgumentsJob): readonly string[] {
  if (hasProvenance === true) return ['--attest=type=provenance,mode=min']
  return asksForAttestations(docker) ? [] : ['--provenance=false']
}

/** Flags that all of Docker's builders spell alike. */
function commonArguments(docker: DockerArtifact): readonly string[] {
  return [
    ...one('--target', docker.target),
    ...each('--build-arg', argumentWords(docker.buildArgs)),
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
