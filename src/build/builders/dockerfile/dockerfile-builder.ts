import type { Artifact, DockerArtifact } from '../../../config/index.ts'
import { planBuild } from '../../../dockerfile/index.ts'
import { isToolError } from '../../../errors/index.ts'
import type { Image } from '../../../image/index.ts'
import { formatPlatform, type Platform } from '../../../platform/index.ts'
import { imagesEach } from '../../build-platforms.ts'
import type { BuiltImages } from '../../built-images.ts'
import type { Builder, BuildRequest, Explanation } from '../../contract.ts'
import { findAttestedImages } from '../../cache/find-images.ts'
import { readDockerfile } from '../native/read-dockerfile.ts'
import { chooseBuilder, engineFlags, handedOver, type Choice } from './choose-builder.ts'
import type { Engine, EngineJob } from './engine.ts'
import { wantsProvenance, withoutAttestations, type Attesting } from './attestation-flags.ts'
import { neededFeatures } from './features.ts'
import { onlyImage, type EngineWork, type RunEngine } from './engine-work.ts'
import { checkRuns, describeRuns, findEngine, type FoundEngine } from './engine-choice.ts'
import { freshFolder } from './fresh-folder.ts'
import { shareRunning, type ShareRunning } from './share-running.ts'
import { buildHybrid } from './hybrid.ts'
import { engineArguments, nativeArguments, storeParents, unbuiltArguments } from './parents.ts'
import { baseRegistries } from './base-registries.ts'
import { isInsecure, isLoopbackHost, type RegistryTrust } from '../../registry-trust.ts'

/** What the builder of Dockerfiles is made of. */
export interface DockerfileBuilderParts {
  /** Makes images without running anything. Has to read from the registry of `built`. */
  readonly native: Builder
  /** For what has to run; the first that is there is used. */
  readonly engines: readonly Engine[]
  readonly built: BuiltImages
  /** Images of engines are kept here until they are pushed; must be there. */
  readonly workFolder: string
  /** This machine as containers see it. */
  readonly host: Platform
  readonly trust: RegistryTrust
  /** With `never`, as for a session of `dev`, flags that ask for attestations are left out; `asked` when absent. */
  readonly attesting?: Attesting
}

/**
 * Builds Dockerfiles: natively what needs no running program, the rest with the first engine that is there. Stages that run
 * programs are the engine's, and what is copied from them is put into an image that is made natively, so that only a target
 * that runs programs itself comes out of an engine whole. What was chosen is said, with the reason.
 *
 * `build` throws what the native builder throws, and BUILD_EMULATOR_MISSING, BUILD_RESULT_INVALID, BUILD_TOOL_FAILED,
 * BUILD_TOOL_MISSING; without an engine a DOCKERFILE_NEEDS_… stays what it is.
 */
export function createDockerfileBuilder(options: DockerfileBuilderParts): Builder {
  const parts: Parts = { ...options, share: shareRunning() }
  return {
    multiPlatform: false,
    build: async (request) =>
      imagesEach(request, async (platform) => buildOne({ ...request, platforms: [platform] }, parts)),
    explain: async (request) =>
      Promise.all(request.platforms.map(async (platform) => explainOne(request, platform, parts))),
    dependencies: (request) => parts.native.dependencies({ ...request, artifact: withNames(request.artifact) }),
    inputs: async (request) => parts.native.inputs?.({ ...request, artifact: withNames(request.artifact) }),
  }
}

type Parts = DockerfileBuilderParts & { readonly share: ShareRunning }

async function buildOne(request: BuildRequest, parts: Parts): Promise<Image> {
  const work = await plan(request, parts)
  const { choice, docker } = work
  if (choice.kind !== 'native') return byEngine(request, { ...work, choice }, parts)
  try {
    return onlyImage(await parts.native.build({ ...request, artifact: { ...request.artifact, builder: docker } }))
  } catch (error) {
    // What ONBUILD of a base image runs, and what stands in the context, is only seen on the way.
    if (!isToolError(error, ...handedOver)) throw error
    const late = { kind: 'engine', reason: error.message, refusal: error, runs: [] } as const
    return byEngine(request, { ...work, choice: late }, parts)
  }
}

async function plan(
  request: Omit<BuildRequest, 'emit' | 'push' | 'reference'>,
  { built, host, attesting = 'asked' }: DockerfileBuilderParts,
): Promise<Omit<EngineWork, 'choice'> & { readonly choice: Choice }> {
  const { artifact, contextFolder } = request
  const [platform] = request.platforms
  const named = withNames(artifact).builder
  if (named.kind !== 'docker') throw new Error(`this builder does not build ${named.kind} artifacts`)
  const builder = attesting === 'never' ? withoutAttestations(named) : named
  if (platform === undefined) throw new Error('no platform was asked for')
  const parents = request.parents ?? []
  const withArguments = (args: Readonly<Record<string, string>>): DockerArtifact => ({
    ...builder,
    buildArgs: { ...builder.buildArgs, ...args },
  })
  const docker = withArguments(nativeArguments(parents, built))
  const file = await readDockerfile(docker, contextFolder)
  const { buildArgs, target } = docker
  const wanted = { platform, buildPlatform: host, buildArgs, ...(target === undefined ? {} : { target }) }
  const plan = planBuild(file.dockerfile, wanted)
  return {
    docker,
    engineDocker: withArguments(engineArguments(parents)),
    hasProvenance: wantsProvenance(named, attesting),
    file,
    plan,
    platform,
    choice: chooseBuilder(plan, docker),
  }
}

async function byEngine(request: BuildRequest, work: EngineWork, parts: Parts): Promise<Image> {
  const found = await findFor(work, request.signal, parts)
  checkRuns(found, work.choice)
  report(request, work, `${describe(found, work.choice)}: ${reasonOf(found, work.choice)}`)
  const { workFolder } = parts
  const parents = await storeParents(request.parents ?? [], work.platform, { workFolder, signal: request.signal })
  const runEngine: RunEngine = async (job, { name, sharedKey }) => {
    const platform = sharedKey === undefined ? work.platform : parts.host
    const build = async (): Promise<Image> => {
      request.signal.throwIfAborted()
      const { image } = request.artifact
      const about = [image, request.contextFolder, sharedKey === undefined ? formatPlatform(platform) : 'all', name]
      return found.engine.build({
        ...job,
        docker: { ...job.docker, cliFlags: engineFlags(job.docker) },
        image,
        contextFolder: request.contextFolder,
        platform,
        repository: repositoryOf(request.reference),
        parents,
        ...baseRegistries(work.plan, parts.trust),
        folder: await freshFolder(parts.workFolder, about),
        report: (line) => {
          if (line.trim() !== '') report(request, work, line)
        },
        signal: request.signal,
      })
    }
    return sharedKey === undefined ? build() : parts.share(sharedKey, build)
  }
  if (work.choice.kind === 'hybrid') {
    return buildHybrid(request, { work: { ...work, choice: work.choice }, runEngine }, parts)
  }
  const ignore = work.file.ignore?.path
  const isOwn = ignore === `${work.file.path}.dockerignore`
  return runEngine(
    {
      dockerfile: work.file.path,
      docker: work.engineDocker,
      ...(isOwn ? { ignoreFile: ignore } : {}),
      ...(request.push && work.hasProvenance ? { hasProvenance: true } : {}),
      ...(request.push ? { pushing: pushingTo(request, parts) } : {}),
    },
    { name: 'whole' },
  )
}

async function findFor(
  { docker, choice }: Pick<EngineWork, 'choice' | 'docker'>,
  signal: AbortSignal,
  { engines }: DockerfileBuilderParts,
): Promise<FoundEngine> {
  return findEngine(enginesFor(docker, engines), { choice, features: neededFeatures(docker), signal })
}

/** An engine whose machines are elsewhere pushes the image itself, which is then read from there. */
function pushingTo(
  { reference, signal }: BuildRequest,
  { built, trust }: DockerfileBuilderParts,
): NonNullable<EngineJob['pushing']> {
  const { registry, repository } = reference
  return {
    isInsecure: isInsecure(registry, trust),
    isLoopback: isLoopbackHost(registry),
    read: async (digest) => {
      const images = await findAttestedImages(digest, {
        registry: built.registry,
        repository: { registry, repository },
        signal,
      })
      return images ?? []
    },
  }
}

function repositoryOf({ registry, repository }: BuildRequest['reference']): string {
  return `${registry}/${repository}`
}

function reasonOf(found: FoundEngine, choice: EngineWork['choice']): string {
  const runs = describeRuns(found, choice)
  return runs === undefined ? choice.reason : `${choice.reason}; ${runs}`
}

/** With names for what it requires, which the build replaces. */
function withNames(artifact: Artifact): Artifact {
  const { builder } = artifact
  if (builder.kind !== 'docker') return artifact
  return { ...artifact, builder: { ...builder, buildArgs: { ...unbuiltArguments(artifact), ...builder.buildArgs } } }
}

/** Docker's flags are for Docker. */
function enginesFor(docker: DockerArtifact, engines: readonly Engine[]): readonly Engine[] {
  return engineFlags(docker).length === 0 ? engines : engines.filter(({ name }) => name === 'docker')
}

function describe({ title }: FoundEngine, { kind }: EngineWork['choice']): string {
  return kind === 'hybrid'
    ? `${title} builds the stages that run programs, the rest is made natively`
    : `${title} builds it`
}

function report({ emit, artifact }: BuildRequest, { platform }: Pick<EngineWork, 'platform'>, text: string): void {
  emit({ type: 'buildOutput', image: artifact.image, platform: formatPlatform(platform), text })
}

async function explainOne(
  request: Parameters<NonNullable<Builder['explain']>>[0],
  platform: Platform,
  parts: DockerfileBuilderParts,
): Promise<Explanation> {
  const { choice, docker } = await plan({ ...request, platforms: [platform] }, parts)
  if (choice.kind === 'native') return { platform, builder: 'native', reason: choice.reason }
  const edit = choice.edit === undefined ? {} : { edit: choice.edit }
  try {
    const found = await findFor({ docker, choice }, request.signal, parts)
    checkRuns(found, choice)
    const builder = choice.kind === 'hybrid' ? `${found.engine.name} and native` : found.engine.name
    return { platform, builder, reason: reasonOf(found, choice), ...edit }
  } catch (error) {
    if (!isToolError(error)) throw error
    return { platform, builder: 'none', reason: error.message, ...edit }
  }
}
