import type { Artifact } from '../config/index.ts'
import type { Emit } from '../events/index.ts'
import type { Image } from '../image/index.ts'
import { formatPlatform, type Platform } from '../platform/index.ts'
import type { Builder, BuildRequest, BuildResult, ParentImage } from './contract.ts'
import { checkRequired } from './required.ts'

/** One artifact to build for some platforms. */
export type ScheduledBuild = Omit<BuildRequest, 'emit' | 'parents' | 'signal'>

/** What became of a build once it was stored. */
export interface StoredBuild {
  /** `repo:tag@digest`. */
  readonly reference: string
  readonly digest: string
  readonly platforms: readonly Platform[]
}

/** What the schedule needs from outside. */
export interface ScheduleOptions {
  readonly builderFor: (artifact: Artifact) => Promise<Builder>
  /** Stores what was made of an artifact, for instance in a registry. */
  readonly store: (build: ScheduledBuild, result: BuildResult, signal: AbortSignal) => Promise<StoredBuild>
  /** Runs what the user wants to be run around the build of an artifact. */
  readonly runHooks?: (when: 'before' | 'after', build: ScheduledBuild, signal: AbortSignal) => Promise<void>
  readonly emit: Emit
  readonly signal: AbortSignal
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * Builds all artifacts at once, each for all its platforms at once: how many really run is up to the builders, see
 * {@link limitBuilder}. An artifact that requires others begins when they are stored, and gets their names and images. The
 * first failure stops the others, and nothing runs any more when it is thrown.
 *
 * @returns one result per build, in their order
 * @throws what the first failing build threw
 * @throws BUILD_DEPENDENCY_INVALID before anything is built
 */
export async function scheduleBuilds(
  builds: readonly ScheduledBuild[],
  options: ScheduleOptions,
): Promise<readonly StoredBuild[]> {
  checkRequired(builds.map(({ artifact }) => artifact))
  const controller = new AbortController()
  const signal = AbortSignal.any([options.signal, controller.signal])
  const stop = (error: unknown): void => controller.abort(error)
  const started = new Map<ScheduledBuild, Promise<Made>>()
  const start = async (build: ScheduledBuild): Promise<Made> => {
    const making = started.get(build) ?? makeOne(build, { ...options, signal, stop, parentsOf })
    started.set(build, making)
    return making
  }
  const parentsOf = async ({ artifact }: ScheduledBuild): Promise<readonly ParentImage[]> =>
    Promise.all(
      (artifact.requires ?? []).map(async ({ image, alias }) => {
        const parent = builds.find((one) => one.artifact.image === image)
        if (parent === undefined) throw new Error(`${image} is not built`)
        const { stored, images } = await start(parent)
        return { alias, image, reference: stored.reference, images }
      }),
    )
  const made = await together(
    builds.map((build) => async () => start(build)),
    { controller, stop },
  )
  return made.map(({ stored }) => stored)
}

interface Running extends ScheduleOptions {
  readonly stop: (error: unknown) => void
  readonly parentsOf: (build: ScheduledBuild) => Promise<readonly ParentImage[]>
}

interface Made {
  readonly stored: StoredBuild
  readonly images: readonly Image[]
}

async function makeOne(build: ScheduledBuild, running: Running): Promise<Made> {
  const parents = await running.parentsOf(build)
  running.signal.throwIfAborted()
  return buildOne({ ...build, ...(parents.length === 0 ? {} : { parents }) }, build, running)
}

async function buildOne(
  work: Omit<BuildRequest, 'emit' | 'signal'>,
  build: ScheduledBuild,
  running: Running,
): Promise<Made> {
  const { emit, signal, now } = running
  const image = build.artifact.image
  const startedAt = now()
  emit({ type: 'buildStarted', image, platforms: build.platforms.map(formatPlatform) })
  try {
    await running.runHooks?.('before', build, signal)
    const result = await runBuilder(work, running)
    const stored = await running.store(build, result, signal)
    await running.runHooks?.('after', build, signal)
    const platforms = stored.platforms.map(formatPlatform)
    emit({ type: 'buildSucceeded', image, reference: stored.reference, platforms, durationMs: now() - startedAt })
    return { stored, images: result.kind === 'images' ? result.images : [] }
  } catch (error) {
    if (signal.aborted) emit({ type: 'buildCanceled', image })
    else emit({ type: 'buildFailed', image, message: messageOf(error) })
    running.stop(error)
    throw error
  }
}

async function runBuilder(
  build: Omit<BuildRequest, 'emit' | 'signal'>,
  { builderFor, emit, signal }: Running,
): Promise<BuildResult> {
  const builder = await builderFor(build.artifact)
  const request: BuildRequest = { ...build, emit, signal }
  if (builder.multiPlatform || build.platforms.length === 1) return builder.build(request)
  // A failing platform stops the others of its artifact at once, and all of them are over before it is reported.
  const controller = new AbortController()
  const inner = AbortSignal.any([signal, controller.signal])
  const results = await together(
    build.platforms.map((platform) => () => builder.build({ ...request, platforms: [platform], signal: inner })),
    { controller, stop: (error) => controller.abort(error) },
  )
  return { kind: 'images', images: results.flatMap(imagesOf) }
}

function imagesOf(result: BuildResult): Extract<BuildResult, { kind: 'images' }>['images'] {
  if (result.kind === 'images') return result.images
  throw new Error('a builder of single platforms must leave the pushing to its caller')
}

async function together<T>(
  tasks: readonly (() => Promise<T>)[],
  { controller, stop }: { readonly controller: AbortController; readonly stop: (error: unknown) => void },
): Promise<readonly T[]> {
  const settled = await Promise.allSettled(
    tasks.map(async (task) => {
      try {
        return await task()
      } catch (error) {
        stop(error)
        throw error
      }
    }),
  )
  controller.signal.throwIfAborted()
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
