import { formatPlatform, type Platform } from '../../../platform/index.ts'
import { each, one, secretText } from '../docker/docker-arguments.ts'
import type { EngineJob } from '../dockerfile/engine.ts'

/** What the arguments are made of. */
export type ArgumentsJob = Pick<
  EngineJob,
  'contextFolder' | 'docker' | 'dockerfile' | 'ignoreFile' | 'insecureRegistries' | 'platform'
>

/**
 * Arguments of `buildah build` and `podman build`. Docker's format keeps SHELL and HEALTHCHECK, which OCI's would drop.
 * The automatic arguments for the building machine are given because buildah 1.28 does not set them, and then takes
 * `FROM --platform=$BUILDPLATFORM` for the target's platform.
 */
export function buildahArguments(job: ArgumentsJob, host: Platform, idFile: string): readonly string[] {
  const { contextFolder, docker, dockerfile, ignoreFile, insecureRegistries, platform } = job
  const buildArgs = { ...hostArguments(host), ...docker.buildArgs }
  return [
    'build',
    '--platform',
    formatPlatform(platform),
    '--format',
    'docker',
    '--layers',
    '--file',
    dockerfile,
    ...one('--ignorefile', ignoreFile),
    ...one('--target', docker.target),
    ...each(
      '--build-arg',
      Object.entries(buildArgs).map(([name, value]) => `${name}=${value}`),
    ),
    ...one('--network', networkOf(docker.network)),
    ...each('--add-host', docker.addHost),
    ...each('--cache-from', docker.cacheFrom),
    ...(docker.noCache === true ? ['--no-cache'] : []),
    ...(docker.pullParent === true ? ['--pull=always'] : []),
    ...(docker.squash === true ? ['--squash'] : []),
    ...(insecureRegistries.length > 0 ? ['--tls-verify=false'] : []),
    ...each('--secret', docker.secrets?.map(secretText)),
    ...one('--ssh', docker.ssh),
    ...(docker.cliFlags ?? []),
    '--iidfile',
    idFile,
    contextFolder,
  ]
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
