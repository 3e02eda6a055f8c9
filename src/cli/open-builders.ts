import { availableParallelism } from 'node:os'
import type { Builder, BuiltImages } from '../build/index.ts'
import type { Artifact } from '../config/index.ts'
import { ToolError } from '../errors/index.ts'
import type { Context, Project } from '../pipeline/index.ts'
import { createLimiter, memoizeAsync } from '../support/index.ts'
import type { BuilderParts, CreateBuilder, Kind, PlacedParts } from './builder-parts.ts'
import type { Invocation } from './command.ts'
import { dockerSettings } from './docker-settings.ts'
import { attestingOf, indexTypeOf } from './image-shape.ts'
import { containerHost } from './host-platform.ts'
import { once } from './once.ts'
import { openBases } from './open-bases.ts'
import { createCaches, type Caches } from './open-caches.ts'
import { createCloudBuilder } from './open-cloud-builders.ts'
import { createClusterBuilder } from './open-cluster-builders.ts'
import { registryTrust } from './registry-trust.ts'
import { makeWorkFolder } from './work-folder.ts'

interface LocalParts extends PlacedParts {
  readonly caches: Caches
}

/** Where an artifact is built. */
type Place = 'cluster' | 'googleCloudBuild' | 'local'

/**
 * The builders by place and kind of artifact, each made when it is first needed, and limited. On this machine: a build
 * per processor, where a platform counts as one; scripts and programs that build everything themselves one at a time, as
 * in Skaffold. With `concurrency` of the place as many as it says (0: no limit).
 */
export function createBuilders(invocation: Invocation, parts: BuilderParts): Context['builder'] {
  const caches = createCaches(invocation, parts)
  const openAt = (place: Place, create: CreateBuilder): ((kind: Kind) => Promise<Builder>) =>
    memoizeAsync(async (kind) => {
      const { limitBuilder, withIndexType } = await import('../build/index.ts')
      const made = (await create(kind)) ?? unbuildable(kind, place)
      const type = indexTypeOf(invocation)
      const builder = type === undefined ? made : withIndexType(made, { type, registry: await parts.registry() })
      const limited = limitBuilder(builder, createLimiter(limitOf(place, builder, parts.project)))
      return caches.withArtifacts(limited, { bases })
    })
  const trust = registryTrust(invocation, knownInsecure(parts))
  const bases = once(async () => openBases(invocation, { ...parts, caches }))
  const local = createLocalBuilder(invocation, { ...parts, caches, bases, trust })
  const byPlace = {
    local: openAt('local', local),
    cluster: openAt('cluster', createClusterBuilder(invocation, { ...parts, bases, trust })),
    googleCloudBuild: openAt('googleCloudBuild', createCloudBuilder(invocation, parts, local)),
  }
  return (artifact) => byPlace[placeOf(artifact)](artifact.builder.kind)
}

function unbuildable(kind: Kind, place: Place): never {
  throw new ToolError('CONFIG_UNSUPPORTED_FIELD', `${kind} artifacts are not built by build.${place}`, {
    hint: 'build it with a custom buildCommand',
  })
}

function placeOf({ cluster, googleCloudBuild }: Pick<Artifact, 'cluster' | 'googleCloudBuild'>): Place {
  if (cluster !== undefined) return 'cluster'
  return googleCloudBuild === undefined ? 'local' : 'googleCloudBuild'
}

/** The least that a configuration says; 0 says nothing. */
function limitOf(place: Place, { multiPlatform }: Builder, { configs }: Project): number {
  const configured = configs.flatMap(({ build }) => build[place]?.concurrency ?? [])
  const asked = configured.filter((limit) => limit > 0)
  if (asked.length > 0) return Math.min(...asked)
  if (place !== 'local' || configured.length > 0) return Number.POSITIVE_INFINITY
  return multiPlatform ? 1 : availableParallelism()
}

function createLocalBuilder(invocation: Invocation, parts: LocalParts): CreateBuilder {
  const { env, cwd } = invocation
  const outside = { runProcess: parts.runProcess, env, cwd }
  const host = containerHost()
  const { trust, project, settings } = parts
  const docker = dockerSettings(invocation, project, settings.buildxBuilder)
  const { cacheTo = [] } = docker
  const attesting = attestingOf(invocation)
  const skipTests = skipsTests(invocation)
  const native = once(async () => openNative(invocation, parts))
  // each loads what it needs, and nothing of the others
  const make: Partial<Record<Kind, () => Promise<Builder>>> = {
    docker: async () => {
      const { createBuildahEngine, createDockerEngine, createDockerfileBuilder } = await import('../build/index.ts')
      const engines = [
        createDockerEngine(outside, docker),
        createBuildahEngine({ ...outside, name: 'buildah', host, cacheTo }),
        createBuildahEngine({ ...outside, name: 'podman', host, cacheTo }),
      ]
      return createDockerfileBuilder({ ...(await native()), engines, host, trust, attesting })
    },
    custom: async () => {
      const { createCustomBuilder } = await import('../build/index.ts')
      return createCustomBuilder({
        ...outside,
        registry: await parts.registry(),
        bases: await parts.bases(),
        skipTests,
      })
    },
    jib: async () => {
      const { createJibBuilder } = await import('../build/index.ts')
      return createJibBuilder({ ...outside, registry: await parts.registry(), trust, skipTests })
    },
    ko: async () => {
      const { createKoBuilder } = await import('../build/index.ts')
      return createKoBuilder({ ...outside, ...(await native()), trust })
    },
    bazel: async () => {
      const { createBazelBuilder } = await import('../build/index.ts')
      return createBazelBuilder({ ...outside, ...(await native()) })
    },
    buildpacks: async () => {
      const { createPackBuilder } = await import('../build/index.ts')
      return createPackBuilder({ ...outside, ...(await native()), trust })
    },
  }
  return async (kind) => make[kind]?.()
}

/** The native builder, what it reads images from, and the folder that images are kept in until they are pushed. */
async function openNative(
  { env }: Invocation,
  { closing, caches, bases }: LocalParts,
): Promise<{ readonly native: Builder; readonly built: BuiltImages; readonly workFolder: string }> {
  const { createNativeBuilder, rememberImages } = await import('../build/index.ts')
  const workFolder = await makeWorkFolder(closing)
  const built = rememberImages((await caches.documents()).kept)
  const findings = { ...(await caches.findings()), bases: await bases() }
  const native = createNativeBuilder({ registry: built.registry, workFolder, env, host: containerHost(), ...findings })
  return { native, built, workFolder }
}

/** What the configuration and the user's settings name. */
function knownInsecure({ project, settings }: BuilderParts): readonly string[] {
  const configured = project.configs.flatMap((config) => config.build.insecureRegistries ?? [])
  return [...configured, ...settings.insecureRegistries]
}

/** `--skip-tests`, which not every command has. */
function skipsTests({ flags }: Invocation): boolean {
  return flags.has('skip-tests') && flags.bool('skip-tests')
}
