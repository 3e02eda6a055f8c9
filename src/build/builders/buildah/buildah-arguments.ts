import { formatPlatform, type Platform } from '../../../platform/index.ts'
import { cacheRepository } from '../docker/cache-scopes.ts'
import { each, one, secretText } from '../docker/docker-arguments.ts'
import { argumentWords } from '../dockerfile/build-arguments.ts'
import type { EngineJob } from '../dockerfile/engine.ts'

/** What the arguments are made of. */
export type ArgumentsJob = Pick<
  EngineJob,
  | 'contextFolder'
  | 'docker'
  | 'dockerfile'
  | 'hasOtherRegistries'
  | 'ignoreFile'
  | 'insecureRegistries'
  | 'platform'
  | 'repository'
>

/** What is said to buildah beside the job. */
export interface BuildahOptions {
  readonly name: 'buildah' | 'podman'
  /** This machine as containers see it. */
  readonly host: Platform
  /** Gets the image's id. */
  readonly idFile: string
  readonly cacheTo?: readonly string[]
}

/**
 * Arguments of `buildah build` and `podman build`. Docker's format keeps SHELL and HEALTHCHECK, which OCI's would drop.
 * The automatic arguments for the building machine are given because buildah 1.28 does not set them, and then takes
 * `FROM --platform=$BUILDPLATFORM` for the target's platform.
 */
export function buildahArguments(job: ArgumentsJob, options: BuildahOptions): readonly string[] {
  const { name, host, idFile, cacheTo = [] } = options
  const { contextFolder, docker, dockerfile, ignoreFile, platform } = job
  const caches = cacheTo.flatMap((wanted) => cacheRepository(wanted, job) ?? [])
  const sources = (docker.cacheFrom ?? []).flatMap((name) => cacheRepository(name, job) ?? [])
  return [
    'build',
    '--platform',
    formatPlatform(platform),
    '--format',
    'docker',
    // a build that fails or is stopped would leave its container
    '--force-rm',
    // podman joins the layers of a build only when it is not told to keep them
    ...(name === 'podman' && docker.squash === true ? [] : ['--layers']),
    '--file',
    dockerfile,
    ...one('--ignorefile', ignoreFile),
    ...one('--target', docker.target),
    ...each('--build-arg', argumentWords({ ...hostArguments(host), ...docker.buildArgs })),
    ...one('--network', networkOf(docker.network)),
    ...each('--add-host', docker.addHost),
    ...each('--cache-from', [...sources, ...caches]),
    ...each('--cache-to', caches),
    ...(docker.noCache === true ? ['--no-cache'] : []),
    ...(docker.pullParent === true ? ['--pull=always'] : []),
    ...(docker.squash === true ? ['--squash'] : []),
    ...(isVerifying(job) ? [] : ['--tls-verify=false']),
    ...each('--secret', docker.secrets?.map(secretText)),
    ...one('--ssh', docker.ssh),
    ...(docker.cliFlags ?? []),
    '--iidfile',
    idFile,
    contextFolder,
  ]
}

/** It can be told for all registries at once only, and then for none that has to prove who it is. */
function isVerifying({ insecureRegistries, hasOtherRegistries }: ArgumentsJob): boolean {
  return insecureRegistries.length === 0 || hasOtherRegistries === true
}

/** Docker's name for the usual network. */
function networkOf(network: string | undefined): string | undefined {
  return /^(?:bridge|default)$/i.test(network ?? '') ? undefined : network
}

function hostArguments(host: Platform): Readonly<Record<string, string>> {
  return {
    BUILDPLATFORM: formatPlatform(host),
    BUILDOS: host.os,
    BUILDARCH: host.architecture,
    ...(host.variant === undefined ? {} : { BUILDVARIANT: host.variant }),
  }
}
