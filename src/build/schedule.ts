import type { Artifact } from '../config/index.ts'
import { isToolError } from '../errors/index.ts'
import type { Emit } from '../events/index.ts'
import type { Image } from '../image/index.ts'
import { formatPlatform, type Platform } from '../platform/index.ts'
import { buildPlatforms, together } from './build-platforms.ts'
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

/** How a result is stored. */
export interface StoreOptions {
  readonly signal: AbortSignal
  /** Nothing was built: it was there already. */
  readonly isFound: boolean
}

/** What the schedule needs from outside. */
export interface ScheduleOptions {
  readonly builderFor: (artifact: Artifact) => Promise<Builder>
  /** Stores what was made of an artifact, for instance in a registry. */
  readonly store: (build: ScheduledBuild, result: BuildResult, options: StoreOptions) => Promise<StoredBuild>
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
  const isRequired = ({ artifact: { image } }: ScheduledBuild): boolean =>
    builds.some(({ artifact }) => artifact.requires?.some((one) => one.image === image) === true)
  const start = async (build: ScheduledBuild): Promise<Made> => {
    const making = started.get(build) ?? makeOne(build, { ...options, signal, stop, isRequired, parentsOf })
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
  readonly isRequired: (build: ScheduledBuild) => boolean
  readonly parentsOf: (build: ScheduledBuild) => Promise<readonly ParentImage[]>
}

interface Made {
  readonly stored: StoredBuild
  readonly images: readonly Image[]
}

async function makeOne(build: ScheduledBuild, running: Running): Promise<Made> {
  const parents = await running.parentsOf(build)
  running.signal.throwIfAborted()
  // an image that is nowhere but in an engine cannot be read by who starts from it
  const isFindable = build.push || !running.isRequired(build)
  const work = { ...build, ...(parents.length === 0 ? {} : { parents }) }
  const found = isFindable ? await findOne(work, build, running) : undefined
  return found ?? buildOne(work, build, running)
}

/** What need not be built, with no word about building. */
async function findOne(
  work: Omit<BuildRequest, 'emit' | 'signal'>,
  build: ScheduledBuild,
  { builderFor, store, emit, signal }: Running,
): Promise<Made | undefined> {
  const builder = await builderFor(build.artifact)
  const result = await builder.find?.({ ...work, emit, signal })
  if (result === undefined) return undefined
  const stored = await store(build, result, { signal, isFound: true })
  return { stored, images: result.kind === 'images' ? result.images : [] }
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
    const stored = await running.store(build, result, { signal, isFound: false })
    await running.runHooks?.('after', build, signal)
    const platforms = stored.platforms.map(formatPlatform)
    emit({ type: 'buildSucceeded', image, reference: stored.reference, platforms, durationMs: now() - startedAt })
    return { stored, images: result.kind === 'images' ? result.images : [] }
  } catch (error) {
    if (signal.aborted) emit({ type: 'buildCanceled', image })
    else emit({ type: 'buildFailed', image, message: messageOf(error), ...codeOf(error) })
    running.stop(error)
    throw error
  }
}

async function runBuilder(
  build: Omit<BuildRequest, 'emit' | 'signal'>,
  { builderFor, emit, signal }: Running,
): Promise<BuildResult> {
  const builder = await builderFor(build.artifact)
  return buildPlatforms(builder, { ...build, emit, signal })
}

function codeOf(error: unknown): { readonly code?: string } {
  return isToolError(error) ? { code: error.code } : {}
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
