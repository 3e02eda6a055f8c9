import { resolve } from 'node:path'
import { withRequired, type ScheduledBuild } from '../build/index.ts'
import type { Artifact, SkaffoldConfig } from '../config/index.ts'
import { ToolError } from '../errors/index.ts'
import type { Event } from '../events/index.ts'
import type { NodeFacts } from '../placement/index.ts'
import { formatPlatform, isMultiPlatform, type Platform } from '../platform/index.ts'
import { parseReference, rewriteImage } from '../reference/index.ts'
import { createTagger, type Tagger } from '../tag/index.ts'
import type { BuildOptions, Context, Project } from './contract.ts'
import { needsCluster } from './cloud-run/nodes-for.ts'
import { isForRun } from './cloud-run/run-configs.ts'
import { surroundings } from './cloud-run/surroundings.ts'
import { repoOptions } from './given-images.ts'
import { imageTarget, type ImageTarget } from './image-target.ts'
import { resolvePlatforms, type PlatformAnswer } from './platforms.ts'

/** One artifact of the plan: what is built, for which platforms and why, and how the result will be called. */
export interface PlannedBuild extends ScheduledBuild {
  /** The tagged name under the default repo, spelt as Skaffold spells it. */
  readonly name: string
  /** Not pushed, it is given to Docker's engine on this machine; else only to the cluster. */
  readonly isInEngine: boolean
  /** Its configuration deploys to Docker on this machine. */
  readonly isForDocker: boolean
  readonly reason: string
}

/** What is built, and what for. */
export interface PlanOptions extends BuildOptions {
  /** Of the cluster; empty when it has none to say. */
  readonly nodes: readonly NodeFacts[]
  /** The images are for a cluster, so they have to be where it can pull them. */
  readonly isDeployed: boolean
  /** Only the names are wanted. */
  readonly dryRun?: boolean
  /** No cluster is asked where images go. */
  readonly isOffline?: boolean
}

/**
 * Chooses platforms, then tags, for every artifact that is to be built, in the order of the configurations. All that can
 * be refused is refused here, before the first build.
 * @throws PLATFORM_INVALID, PLATFORM_CONSTRAINT, REFERENCE_INVALID, BUILD_PUSH_NEEDED, BUILD_REGISTRY_MISSING
 */
export async function planBuilds(
  context: Context,
  project: Project,
  options: PlanOptions,
): Promise<readonly PlannedBuild[]> {
  const wanted = wantedArtifacts(project, options)
  if (wanted.size === 0) return []
  const target = await imageTarget(context, options.isOffline === true || !needsCluster(project))
  const chosen = project.configs.flatMap((config) => chooseBuilds(context, config, { ...options, wanted, target }))
  context.emit({ type: 'tagsStarted' })
  const names = await Promise.all(
    chosen.map(async ({ config, artifact }) => nameOf(context, { config, artifact }, { ...options, target })),
  )
  const plan = chosen.map((one, index) => planned(one, names[index] ?? '', context))
  for (const { artifact, name } of plan) context.emit({ type: 'tagGenerated', image: artifact.image, reference: name })
  if (options.dryRun !== true) for (const build of plan) checkPush(build, target, options.isDeployed)
  return plan
}

interface TargetedOptions extends PlanOptions {
  readonly target: ImageTarget
}

interface Chosen {
  readonly config: SkaffoldConfig
  readonly artifact: Artifact
  readonly platforms: readonly Platform[]
  readonly reason: string
  readonly push: boolean
  readonly isInEngine: boolean
  readonly isForDocker: boolean
}

/** The artifacts that are asked for, and what they require. */
function wantedArtifacts({ configs }: Project, { onlyImages }: PlanOptions): ReadonlySet<Artifact> {
  const all = configs.flatMap(({ build }) => build.artifacts)
  const asked = all.filter(({ image }) => onlyImages.length === 0 || onlyImages.some((text) => image.includes(text)))
  return new Set(withRequired(asked, all))
}

function chooseBuilds(
  context: Context,
  config: SkaffoldConfig,
  options: TargetedOptions & { readonly wanted: ReadonlySet<Artifact> },
): readonly Chosen[] {
  const artifacts = config.build.artifacts.filter((artifact) => options.wanted.has(artifact))
  const configured = config.build.platforms ?? []
  const { cluster, host, words } = surroundings(config, context, options)
  const { answers, warnings } = resolvePlatforms({
    asked: options.platforms,
    configured,
    cluster,
    artifacts,
    onlyOne: options.onlyOnePlatform,
    host,
    words,
  })
  for (const text of new Set(warnings)) context.emit({ type: 'warning', text })
  const asked = options.platforms.length > 0 ? options.platforms : configured
  return artifacts.flatMap((artifact, index) => {
    const answer = answers[index]
    if (answer === undefined) return []
    sayChoice(context, answer, {
      // a render that only looks names up builds nothing
      isBuilt: options.dryRun !== true || !options.isDeployed,
      asked,
      cluster: cluster.map(formatPlatform),
      artifact: artifact.platforms ?? [],
    })
    const isRemote = config.build.cluster !== undefined || config.build.googleCloudBuild !== undefined
    const isKept = (options.target.isLoaded && !isForRun(config)) || config.deploy.docker !== undefined
    // what is built elsewhere is nowhere but in a registry
    const push = isRemote || (options.push ?? config.build.local?.push ?? !isKept)
    const { platforms, reason } = answer
    return [
      {
        config,
        artifact,
        platforms,
        reason,
        push,
        isInEngine: isInEngine(config, artifact, options),
        isForDocker: config.deploy.docker !== undefined,
      },
    ]
  })
}

/** Whether somebody looks for an image that is not pushed in Docker's engine on this machine. */
function isInEngine(config: SkaffoldConfig, { image }: Artifact, { isDeployed, target }: TargetedOptions): boolean {
  const isTested = (config.test ?? []).some((one) => one.image === image)
  return !isDeployed || isTested || config.deploy.docker !== undefined || !target.isOnNodes
}

/** A platform that nobody asked for is said to everybody; other choices to those who want to know. */
function sayChoice(
  { emit }: Context,
  { image, platforms, reason }: PlatformAnswer,
  { isBuilt, ...from }: Extract<Event, { type: 'platformsResolved' }>['from'] & { readonly isBuilt: boolean },
): void {
  const texts = platforms.map(formatPlatform)
  emit({ type: 'platformsResolved', image, platforms: texts, reason, from })
  if (!isBuilt || from.asked.length + from.cluster.length + from.artifact.length > 0) return
  emit({ type: 'info', text: `${image} is built for ${texts.join(', ')}: ${reason}` })
}

async function nameOf(
  context: Context,
  { config, artifact }: Pick<Chosen, 'config' | 'artifact'>,
  { tag, target }: TargetedOptions,
): Promise<string> {
  const tagger: Tagger =
    tag === undefined
      ? createTagger(config.build.tagPolicy, { ...context, now: () => new Date(context.now()) })
      : { tag: ({ image }) => Promise.resolve(`${image}:${tag}`) }
  const folder = contextFolder(context, config, artifact)
  const files = async (): Promise<readonly string[]> => {
    const builder = await context.builder(artifact)
    return builder.dependencies({ artifact, contextFolder: folder, signal: context.signal })
  }
  const tagged = await tagger.tag({ image: artifact.image, folder, files }, context.signal)
  // Docker on this machine is given the image by its own name
  return config.deploy.docker === undefined ? rewriteImage(tagged, target.defaultRepo, repoOptions(context)) : tagged
}

/** Absolute path of an artifact's build context. */
export function contextFolder(context: Pick<Context, 'cwd'>, config: SkaffoldConfig, artifact: Artifact): string {
  return resolve(context.cwd, config.folder, artifact.context)
}

function planned({ config, artifact, ...chosen }: Chosen, name: string, context: Context): PlannedBuild {
  const reference = parseReference(name.startsWith('ko://') ? name.slice('ko://'.length) : name)
  return { artifact, contextFolder: contextFolder(context, config, artifact), reference, name, ...chosen }
}

function checkPush(
  { artifact, platforms, name, push, isForDocker }: PlannedBuild,
  target: ImageTarget,
  isDeployed: boolean,
): void {
  if (push) {
    if (name.includes('/') || target.defaultRepo !== undefined) return
    throw new ToolError('BUILD_REGISTRY_MISSING', `image ${name} is to be pushed, and its name has no registry`, {
      hint: 'pass --default-repo=REGISTRY/PATH, or --sandbox to try it without a registry',
    })
  }
  if (isMultiPlatform(platforms)) {
    throw new ToolError(
      'BUILD_PUSH_NEEDED',
      `multi-platform build requires pushing images to a valid container registry: ${artifact.image} is built for ${platforms.map(formatPlatform).join(', ')}`,
      { hint: 'pass --push and --default-repo=REGISTRY/PATH, or one platform with --platform' },
    )
  }
  if (isDeployed && artifact.builder.kind === 'docker' && !target.isLoaded && !isForDocker) {
    throw new ToolError(
      'BUILD_PUSH_NEEDED',
      `image ${artifact.image} is built without Docker, so the cluster can only pull it from a registry, and pushing is turned off`,
      { hint: 'leave out build.local.push, and pass --default-repo=REGISTRY/PATH' },
    )
  }
}
