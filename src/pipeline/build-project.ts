import { scheduleBuilds, type BuildResult, type ScheduledBuild, type StoredBuild } from '../build/index.ts'
import { isToolError } from '../errors/index.ts'
import type { Emit, Event } from '../events/index.ts'
import type { Image } from '../image/index.ts'
import type { Inspection } from '../inspect/index.ts'
import type { PushOutcome } from '../registry/index.ts'
import { formatPlatform, onlyStrict, type Platform } from '../platform/index.ts'
import { formatReference, parseReference, withDigest, type Reference } from '../reference/index.ts'
import { publishImages } from '../transfer/index.ts'
import type { BuildOptions, BuiltArtifact, Context, Project } from './contract.ts'
import { runArtifactHooks, withBuildHooks } from './build-hooks.ts'
import { checkContexts } from './check-contexts.ts'
import { loadImage, nameInEngine } from './load-image.ts'
import { nameWithId } from './local-name.ts'
import { nodesForBuild } from './nodes.ts'
import { planBuilds, type PlannedBuild, type PlanOptions } from './plan-builds.ts'

/**
 * Builds every artifact of the project for its platforms and pushes the images, tags last.
 * @throws what {@link planBuilds} throws, WORKSPACE_MISSING, the builders' errors, and the registry's
 */
export async function buildProject(
  context: Context,
  project: Project,
  options: BuildOptions & { readonly dryRun?: boolean },
): Promise<readonly BuiltArtifact[]> {
  const nodes = await nodesForBuild(context, project, options)
  return buildArtifacts(context, project, { ...options, nodes, isDeployed: false })
}

/** Plans and builds, for a command that knows the cluster's nodes. */
export async function buildArtifacts(
  context: Context,
  project: Project,
  options: PlanOptions,
): Promise<readonly BuiltArtifact[]> {
  const plan = await planBuilds(context, project, options)
  if (options.dryRun === true) return plan.map(unbuilt)
  if (plan.length === 0) return []
  await checkContexts(plan)
  if (options.isDeployed) await checkManifestsOf(context, project)
  const emit = withHeadings(context.emit)
  const kept = new Map<ScheduledBuild, Image>()
  const stored = await withBuildHooks(context, project, async () =>
    scheduleBuilds(plan, {
      builderFor: (artifact) => context.builder(artifact),
      store: (build, result, { signal, isFound }) =>
        storeBuild({ ...context, signal }, build, { result, planned: plannedOf(plan, build), isFound, kept }),
      runHooks: (when, build, signal) => runArtifactHooks({ ...context, signal }, when, build),
      emit,
      signal: context.signal,
      now: context.now,
    }),
  )
  return plan.flatMap((build, index) => {
    const one = stored[index]
    const made = kept.get(build)
    const { artifact, reason } = build
    return one === undefined ? [] : [{ image: artifact.image, ...one, reason, ...(made === undefined ? {} : { made }) }]
  })
}

/** Reading manifests is loaded only for what deploys them. */
async function checkManifestsOf(context: Context, project: Project): Promise<void> {
  const { checkManifests } = await import('./check-manifests.ts')
  await checkManifests(context, project)
}

/** Says once that something is looked up, and once that something is built. */
function withHeadings(emit: Emit): Emit {
  const said = new Set<string>()
  return (event) => {
    const heading = headings[event.type]
    if (heading !== undefined && !said.has(heading)) {
      said.add(heading)
      emit({ type: heading })
    }
    emit(event)
  }
}

const headings: Readonly<Partial<Record<Event['type'], 'cacheStarted' | 'buildsStarted'>>> = {
  cacheChecked: 'cacheStarted',
  buildStarted: 'buildsStarted',
}

function unbuilt({ artifact, name, platforms, reason }: PlannedBuild): BuiltArtifact {
  return { image: artifact.image, reference: name, platforms, reason }
}

function plannedOf(plan: readonly PlannedBuild[], build: ScheduledBuild): PlannedBuild {
  const planned = plan.find((one) => one === build)
  if (planned === undefined) throw new Error(`${build.artifact.image} was not planned`)
  return planned
}

interface Made {
  readonly result: BuildResult
  readonly planned: PlannedBuild
  readonly isFound: boolean
  /** Gets the images that are not pushed. */
  readonly kept: Map<ScheduledBuild, Image>
}

async function storeBuild(full: Context, build: ScheduledBuild, made: Made): Promise<StoredBuild> {
  const { result, planned, isFound, kept } = made
  const { name } = planned
  // what was only looked up has no build that anything could be said of
  const context = isFound ? { ...full, emit: quietly(full.emit) } : full
  if (result.kind === 'pushed' && !build.push) {
    const { digest } = result
    const reference = await nameInEngine(context, name, { id: digest, isFound })
    return { reference, digest, platforms: build.platforms }
  }
  if (result.kind === 'pushed') return verifyPushed(context, build, { name, digest: result.digest })
  if (!build.push) {
    const [image] = result.images
    if (image === undefined) throw new Error('a builder gave no image')
    kept.set(build, image)
    const { digest } = image.manifest.config
    const reference = planned.isInEngine ? await loadImage(context, image, name) : nameWithId(name, digest)
    return { reference, digest: image.descriptor.digest, platforms: [image.platform] }
  }
  const counts: Record<PushOutcome, number> = { exists: 0, mounted: 0, uploaded: 0 }
  const registry = await context.registry()
  const shared = { images: result.images, signal: context.signal }
  const published = await publishImages(registry, {
    ...shared,
    reference: build.reference,
    onBlob: (blob) => {
      counts[blob.how] += 1
      context.emit({ type: 'blobPushed', image: build.artifact.image, ...blob })
    },
  })
  for (const reference of furtherNames(build)) await publishImages(registry, { ...shared, reference })
  context.emit({ type: 'buildOutput', image: build.artifact.image, text: describePush(counts, published.digest) })
  return { reference: `${name}@${published.digest}`, digest: published.digest, platforms: published.platforms }
}

/** An image that kaniko has only made the parts of is pushed under its further names here. */
function furtherNames({ artifact: { builder } }: ScheduledBuild): readonly Reference[] {
  if (builder.kind !== 'kaniko') return []
  const names = (builder.destination ?? []).map(parseReference)
  return names.map((name) => ({ ...name, tag: name.tag ?? 'latest' }))
}

function quietly(emit: Emit): Emit {
  return (event) => {
    if (event.type !== 'blobPushed' && event.type !== 'buildOutput') emit(event)
  }
}

function describePush({ exists, mounted, uploaded }: Record<PushOutcome, number>, digest: string): string {
  const known = exists + mounted
  const sent = uploaded === 0 ? 'Pushed nothing new' : `Pushed ${uploaded} ${uploaded === 1 ? 'blob' : 'blobs'}`
  const rest = known === 0 ? '' : `, the registry had ${uploaded === 0 ? 'all ' : ''}${known}`
  return `${sent}${rest}: ${digest}`
}

/** What a script pushed on its own is only believed once the registry has said what it is. */
async function verifyPushed(
  context: Context,
  build: ScheduledBuild,
  { name, digest }: { readonly name: string; readonly digest: string },
): Promise<StoredBuild> {
  const reference = `${name}@${digest}`
  const found = await inspectPushed(context, build, digest)
  if (found.platforms === 'unknown') return { reference, digest, platforms: build.platforms }
  warnMissing(context, build, found.platforms)
  return { reference, digest, platforms: found.platforms }
}

/** Some registries can only be reached from within the cluster that builds. */
async function inspectPushed(
  context: Context,
  { artifact, reference }: ScheduledBuild,
  digest: string,
): Promise<Pick<Inspection, 'platforms'>> {
  const inspector = await context.inspector()
  try {
    return await inspector.inspect(formatReference(withDigest(reference, digest)), context.signal)
  } catch (error) {
    if (artifact.builder.kind !== 'kaniko' || !isToolError(error) || !error.code.startsWith('REGISTRY_')) throw error
    return { platforms: 'unknown' }
  }
}

function warnMissing(context: Context, build: ScheduledBuild, made: readonly Platform[]): void {
  const missing = build.platforms.filter((platform) => !made.some((one) => onlyStrict(platform).matches(one)))
  if (missing.length === 0) return
  const list = (platforms: readonly Platform[]): string => platforms.map(formatPlatform).join(',')
  context.emit({
    type: 'warning',
    text: `the build of ${build.artifact.image} was asked for ${list(build.platforms)} and made ${list(made)}`,
    hint: 'let the buildCommand build every platform of $PLATFORMS',
  })
}
