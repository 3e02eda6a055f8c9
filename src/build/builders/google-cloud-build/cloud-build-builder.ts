import { randomUUID } from 'node:crypto'
import type { Artifact } from '../../../config/index.ts'
import { openStorage, type Google, type Storage } from '../../../google/index.ts'
import type { Image } from '../../../image/index.ts'
import { formatPlatform, type Platform } from '../../../platform/index.ts'
import { formatFamiliar, withTag, type Reference } from '../../../reference/index.ts'
import type { Registry } from '../../../registry/index.ts'
import { memoizeAsync } from '../../../support/index.ts'
import { platformTag } from '../../../transfer/index.ts'
import { together } from '../../build-platforms.ts'
import type { Builder, BuildRequest, BuildResult } from '../../contract.ts'
import { openBuilds } from './build-api.ts'
import { buildSpec } from './build-spec.ts'
import { ensureBucket } from './bucket.ts'
import { checkBuildable, isNativeMulti } from './buildable.ts'
import { readMade } from './read-made.ts'
import { realClock, type Clock } from './follow-build.ts'
import { recipeOf } from './recipe.ts'
import { runRemote } from './run-remote.ts'
import { placeOf, settingsOf, type CloudBuildPlace, type CloudBuildSettings } from './settings.ts'
import { gatherSources, type SourceArchive } from './sources.ts'

/** What building in Google's cloud needs. */
export interface CloudBuildParts {
  readonly google: Google
  /** Where the builds push to. */
  readonly registry: Registry
  /** Builders of this machine, which know what artifacts depend on. */
  readonly local: (kind: Artifact['builder']['kind']) => Promise<Pick<Builder, 'dependencies'>>
  /** Must be there; archives of sources are kept in it until they are sent. */
  readonly workFolder: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** The machine's when absent. */
  readonly clock?: Clock
}

/**
 * Builds with Google Cloud Build: sends the sources to a bucket, starts a build, passes its log on, and reads what it has
 * pushed back, so that no image counts for a platform that it is not for. An abort cancels the build there. Jib and ko push
 * all platforms in one build; of the others each platform is a build of its own, side by side.
 *
 * `build` throws GOOGLE_BUILD_FAILED, GOOGLE_PROJECT_UNKNOWN, CONFIG_CONFLICT, BUILD_PLATFORM_UNSUPPORTED,
 * BUILD_RESULT_INVALID, what Google's APIs refuse, and what registries throw.
 * @see https://skaffold.dev/docs/builders/build-environments/cloud-build/
 */
export function createCloudBuildBuilder(parts: CloudBuildParts): Builder {
  const storage = openStorage(parts.google)
  const buckets = memoizeAsync(async (key: string) => ensureBucket(storage, JSON.parse(key) as CloudBuildPlace))
  const tools: Tools = {
    ...parts,
    storage,
    clock: parts.clock ?? realClock,
    ready: (place) => buckets(JSON.stringify(place)),
  }
  return {
    multiPlatform: true,
    build: async (request) => buildAll(request, tools),
    dependencies: async (request) => (await localBuilder(request.artifact, parts)).dependencies(plain(request)),
    explain: async ({ artifact, platforms }) =>
      platforms.map((platform) => ({
        platform,
        builder: 'Google Cloud Build',
        reason: `build.googleCloudBuild, ${isNativeMulti(artifact) ? 'all platforms in one build' : 'a build for each platform'}`,
      })),
  }
}

interface Tools extends CloudBuildParts {
  readonly storage: Storage
  readonly clock: Clock
  readonly ready: (place: CloudBuildPlace) => Promise<void>
}

/** One build in the cloud, and what it is to push. */
interface Target {
  readonly reference: Reference
  readonly platforms: readonly Platform[]
}

async function buildAll(request: BuildRequest, tools: Tools): Promise<BuildResult> {
  const { artifact, signal, emit } = request
  checkBuildable(request)
  const settings = settingsOf(artifact)
  const place = placeOf(settings, request.reference)
  const report = (text: string): void => emit({ type: 'buildOutput', image: artifact.image, text })
  await tools.ready(place)
  signal.throwIfAborted()
  const sources = await gatherSources(request, { ...tools, local: await localBuilder(artifact, tools) })
  const object = `source/${place.project}-${randomUUID()}.tar.gz`
  report(`Pushing code to gs://${place.bucket}/${object}`)
  try {
    await send(sources, { place, object, tools, signal })
    return await runTargets(request, { settings, place, object, sources, tools })
  } finally {
    await tools.storage.remove(place.bucket, object).catch((error: unknown) => {
      const text = `the sources stay in gs://${place.bucket}/${object}: ${String(error)}`
      emit({ type: 'detail', text })
    })
  }
}

async function send(
  { archive }: SourceArchive,
  { place, object, tools, signal }: { place: CloudBuildPlace; object: string; tools: Tools; signal: AbortSignal },
): Promise<void> {
  await tools.storage.upload({
    bucket: place.bucket,
    object,
    contentType: 'application/gzip',
    sizeBytes: archive.descriptor.size,
    open: () => archive.open(),
    signal,
  })
}

interface Sent {
  readonly settings: CloudBuildSettings
  readonly place: CloudBuildPlace
  readonly object: string
  readonly sources: SourceArchive
  readonly tools: Tools
}

async function runTargets(request: BuildRequest, sent: Sent): Promise<BuildResult> {
  const targets = targetsOf(request)
  const controller = new AbortController()
  const signal = AbortSignal.any([request.signal, controller.signal])
  const made = await together(
    targets.map((target) => async () => runTarget({ ...request, signal }, target, sent)),
    { controller, stop: (error) => controller.abort(error) },
  )
  const [only] = made
  if (made.length === 1 && only !== undefined && request.isPart !== true) return { kind: 'pushed', digest: only.digest }
  return { kind: 'images', images: made.flatMap(({ images }) => images) }
}

/** What is put together with other platforms gets a name of its own. */
function targetsOf({ artifact, platforms, reference, isPart }: BuildRequest): readonly Target[] {
  if (isNativeMulti(artifact)) return [{ reference, platforms }]
  const isWhole = platforms.length === 1 && isPart !== true
  return platforms.map((platform) => ({
    reference: isWhole ? reference : withTag(reference, platformTag(reference.tag ?? 'latest', platform)),
    platforms: [platform],
  }))
}

interface Made {
  readonly digest: string
  readonly images: readonly Image[]
}

async function runTarget(request: BuildRequest, target: Target, sent: Sent): Promise<Made> {
  const { settings, place, object, sources, tools } = sent
  const { artifact, signal, emit } = request
  const platform = target.platforms.length === 1 ? target.platforms.map(formatPlatform)[0] : undefined
  const recipe = await recipeOf({
    ...request,
    platforms: target.platforms,
    settings,
    tag: formatFamiliar(target.reference),
    env: tools.env,
    ...(sources.dockerfile === undefined ? {} : { dockerfile: sources.dockerfile }),
  })
  const build = await runRemote(buildSpec({ recipe, settings, place, object }), {
    builds: openBuilds(tools.google, place),
    storage: tools.storage,
    bucket: place.bucket,
    hasLog: !['CLOUD_LOGGING_ONLY', 'NONE'].includes(settings.logging ?? ''),
    image: artifact.image,
    report: (text) =>
      emit({ type: 'buildOutput', image: artifact.image, ...(platform === undefined ? {} : { platform }), text }),
    signal,
    clock: tools.clock,
  })
  return readMade(build, { ...target, image: artifact.image, registry: tools.registry, signal })
}

type Asked = Parameters<Builder['dependencies']>[0]

/** What Kaniko builds depends on what Docker would. */
function plain(request: Asked): Asked {
  const { builder, googleCloudBuild: _place, ...rest } = request.artifact
  if (builder.kind !== 'kaniko') return { ...request, artifact: { ...rest, builder } }
  const { dockerfile, buildArgs, target } = builder
  const docker = { kind: 'docker' as const, dockerfile, buildArgs, ...(target === undefined ? {} : { target }) }
  return { ...request, artifact: { ...rest, builder: docker } }
}

async function localBuilder({ builder }: Artifact, { local }: CloudBuildParts): Promise<Pick<Builder, 'dependencies'>> {
  const known = await local(builder.kind === 'kaniko' ? 'docker' : builder.kind)
  return { dependencies: (request) => known.dependencies(plain(request)) }
}
