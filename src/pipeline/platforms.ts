import type { Artifact } from '../config/index.ts'
import { ToolError } from '../errors/index.ts'
import {
  formatPlatformSet,
  intersectPlatforms,
  isEmptySet,
  isMultiPlatform,
  parsePlatformSet,
  selectPlatform,
  type Platform,
  type PlatformSet,
} from '../platform/index.ts'

/** What a run knows about the platforms that were asked for. */
export interface PlatformQuestion {
  /** `--platform`. */
  readonly asked: readonly string[]
  /** `build.platforms`. */
  readonly configured: readonly string[]
  /** Platforms of the cluster's nodes, sorted; empty when they were not asked for or could not be read. */
  readonly cluster: readonly Platform[]
  readonly artifacts: readonly Pick<Artifact, 'image' | 'platforms'>[]
  /** dev and debug build one platform. */
  readonly onlyOne: boolean
  /** This machine, with `linux` for the system on every host: what containers run on here. */
  readonly host: Platform
  /** How `cluster` and `host` are called, where they are something else. */
  readonly words?: PlatformWords
}

/** Names of where platforms come from, as reasons have them. */
export interface PlatformWords {
  /** "the platforms of the cluster's nodes" */
  readonly cluster: string
  /** "offered by the cluster's nodes" */
  readonly offered: string
  /** "this machine's platform" */
  readonly host: string
}

/** For a cluster and this machine. */
export const usualWords: PlatformWords = {
  cluster: "the platforms of the cluster's nodes",
  offered: "offered by the cluster's nodes",
  host: "this machine's platform",
}

/** The platforms that one artifact is built for, and why. */
export interface PlatformAnswer {
  readonly image: string
  readonly platforms: readonly Platform[]
  readonly reason: string
}

export interface PlatformAnswers {
  readonly answers: readonly PlatformAnswer[]
  readonly warnings: readonly string[]
}

/**
 * Chooses every artifact's platforms as Skaffold does: `--platform`, else `build.platforms`, narrowed by the cluster's
 * nodes where they overlap, then by the artifact's own list. Without any of them it is this machine's, and says so.
 *
 * @throws PLATFORM_INVALID for a word that is no platform
 * @throws PLATFORM_CONSTRAINT when an artifact's own list leaves nothing
 */
export function resolvePlatforms(question: PlatformQuestion): PlatformAnswers {
  const base = basePlatforms(question)
  const narrowed = narrowToCluster(base, question)
  const answers = question.artifacts.map((artifact) => answerFor(artifact, narrowed.base, question))
  const dropped = answers.flatMap((answer) => answer.dropped)
  return {
    answers: answers.map(({ image, platforms, reason }) => ({ image, platforms, reason })),
    warnings: [...narrowed.warnings, ...dropped],
  }
}

interface Base {
  readonly set: PlatformSet
  readonly reason: string
}

function basePlatforms({ asked, configured, host }: PlatformQuestion): Base {
  if (asked.length > 0) return { set: parsePlatformSet(asked, host), reason: 'asked for with --platform' }
  return { set: parsePlatformSet(configured, host), reason: 'set by build.platforms' }
}

function narrowToCluster(
  base: Base,
  { cluster, words = usualWords }: PlatformQuestion,
): { base: Base; warnings: readonly string[] } {
  if (cluster.length === 0) return { base, warnings: [] }
  const own: Base = { set: cluster, reason: words.cluster }
  if (isEmptySet(base.set)) return { base: own, warnings: [] }
  const both = intersectPlatforms(base.set, cluster)
  if (!isEmptySet(both)) {
    return { base: { set: both, reason: `${base.reason} and ${words.offered}` }, warnings: [] }
  }
  const shown = `"${formatPlatformSet(base.set)}" do not match active kubernetes cluster node platforms "${formatPlatformSet(cluster)}"`
  return { base, warnings: [`build target platforms ${shown}`] }
}

interface Answer extends PlatformAnswer {
  readonly dropped: readonly string[]
}

function answerFor(artifact: Pick<Artifact, 'image' | 'platforms'>, base: Base, question: PlatformQuestion): Answer {
  const constrained = constrain(artifact, base, question.host)
  const target = isEmptySet(constrained.set)
    ? {
        set: [question.host],
        reason: `${(question.words ?? usualWords).host}: none was asked for and no cluster was read`,
      }
    : constrained
  const image = artifact.image
  if (!question.onlyOne || !isMultiPlatform(target.set)) {
    return { image, platforms: explicit(target.set, image), reason: target.reason, dropped: [] }
  }
  const chosen = selectPlatform(target.set, question.host)
  const text = formatPlatformSet([chosen])
  return {
    image,
    platforms: [chosen],
    reason: `one of ${formatPlatformSet(target.set)}`,
    dropped: [
      `building only ${text} of ${formatPlatformSet(target.set)} for ${image}: this command builds one platform (--disable-multi-platform-build=false builds all)`,
    ],
  }
}

function constrain(artifact: Pick<Artifact, 'image' | 'platforms'>, base: Base, host: Platform): Base {
  const constraint = parsePlatformSet(artifact.platforms ?? [], host)
  if (isEmptySet(constraint)) return base
  if (isEmptySet(base.set)) return { set: constraint, reason: "the artifact's own platforms" }
  const both = intersectPlatforms(base.set, constraint)
  if (isEmptySet(both)) throw noOverlap(artifact, base.set)
  return { set: both, reason: `${base.reason}, limited by the artifact` }
}

function noOverlap(artifact: Pick<Artifact, 'image' | 'platforms'>, base: PlatformSet): ToolError {
  const constraints = (artifact.platforms ?? []).map((platform) => `"${platform}"`).join(', ')
  return new ToolError(
    'PLATFORM_CONSTRAINT',
    `build target platforms "${formatPlatformSet(base)}" do not match platform constraints "[${constraints}]" defined for artifact "${artifact.image}"`,
    { hint: `add one of the target platforms to the artifact's "platforms", or pass --platform with one that it has` },
  )
}

/** `all` cannot be built without knowing what all is: nothing is guessed. */
function explicit(set: PlatformSet, image: string): readonly Platform[] {
  if (set !== 'all') return set
  throw new ToolError('PLATFORM_INVALID', `"all" leaves the platforms of ${image} open`, {
    hint: 'name them, for example --platform=linux/amd64,linux/arm64, or run against a cluster so that its nodes decide',
  })
}
