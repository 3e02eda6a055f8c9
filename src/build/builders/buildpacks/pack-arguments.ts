import type { BuildpacksArtifact } from '../../../config/index.ts'
import { formatPlatform, type Platform } from '../../../platform/index.ts'
import type { ParentImage } from '../../contract.ts'
import { isInsecure, isLoopbackHost, registryOf, type RegistryTrust } from '../../registry-trust.ts'
import { each, one } from '../docker/docker-arguments.ts'

/** What the arguments are made of. */
export interface PackJob {
  readonly buildpacks: BuildpacksArtifact
  readonly contextFolder: string
  readonly platform: Platform
  readonly tag: string
  /** The project descriptor, when there is one. */
  readonly descriptor?: string
  readonly parents?: readonly ParentImage[]
  /** Registries that its images come from and that speak http, or whose certificates nobody knows. */
  readonly insecureRegistries?: readonly string[]
  /** Images of the project are where Docker has them, and not in a registry. */
  readonly isLocal?: boolean
}

/** Arguments of `pack build`: one platform, into Docker's engine. */
export function packArguments(job: PackJob): readonly string[] {
  const { buildpacks, contextFolder, descriptor, parents = [], platform, tag } = job
  return [
    'build',
    tag,
    '--path',
    contextFolder,
    '--platform',
    formatPlatform(platform),
    '--builder',
    imageOf(buildpacks.builder, parents),
    ...one('--run-image', buildpacks.runImage === undefined ? undefined : imageOf(buildpacks.runImage, parents)),
    ...each('--env', buildpacks.env),
    ...each('--buildpack', buildpacks.buildpacks),
    ...each('--volume', buildpacks.volumes?.map(volumeText)),
    ...one('--descriptor', descriptor),
    ...(buildpacks.trustBuilder === true ? ['--trust-builder'] : []),
    ...(buildpacks.clearCache === true ? ['--clear-cache'] : []),
    ...each('--insecure-registry', job.insecureRegistries),
    ...(job.isLocal === true ? ['--pull-policy', 'if-not-present'] : []),
    ...(buildpacks.buildArgs ?? []),
    '--no-color',
  ]
}

/** Registries of builder and run image that have to be named to pack; those on this machine have not. */
export function insecureRegistriesOf(buildpacks: BuildpacksArtifact, trust: RegistryTrust): readonly string[] {
  const names = [buildpacks.builder, buildpacks.runImage].filter((name) => name !== undefined)
  const hosts = names.flatMap((name) => registryOf(name) ?? [])
  return [...new Set(hosts.filter((host) => isInsecure(host, trust) && !isLoopbackHost(host)))]
}

/** Whether builder or run image are of the project and were not pushed. */
export function usesLocalImage(buildpacks: BuildpacksArtifact, parents: readonly ParentImage[]): boolean {
  const used = [buildpacks.builder, buildpacks.runImage].flatMap((name) =>
    name === undefined ? [] : (parents.find(({ alias, image }) => alias === name || image === name) ?? []),
  )
  return used.some(({ reference }) => !reference.includes('@'))
}

/** Images of the same project are known by their alias or name. */
function imageOf(name: string, parents: readonly ParentImage[]): string {
  return parents.find(({ alias, image }) => alias === name || image === name)?.reference ?? name
}

function volumeText({ host, target, options }: NonNullable<BuildpacksArtifact['volumes']>[number]): string {
  return options === undefined || options === '' ? `${host}:${target}` : `${host}:${target}:${options}`
}
