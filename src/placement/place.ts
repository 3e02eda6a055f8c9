import { formatPlatform, knownArchitectures, type Platform } from '../platform/index.ts'
import { isMapping, valueAt, type Mapping } from '../resource/index.ts'
import { commonPlatforms, hasOsArch, uniqueOsArch, type CommonPlatforms } from './common-platforms.ts'
import { describeConstraint, effectiveConstraint, type Constraint, type OsArch, type Term } from './constraint.ts'
import { explainPod } from './explain.ts'
import type { ImageFacts, NodeFacts, PodSpec } from './facts.ts'
import { archLabel, osLabel } from './requirement.ts'
import { mergeTolerations } from './tolerations.ts'
import { formatList, verdict } from './verdict.ts'

/** One pod spec, its images and the cluster. */
export interface PlacementQuestion {
  readonly podSpec: PodSpec
  /** Of everything that the pod starts: containers, init containers, sidecars, image volumes. */
  readonly images: readonly ImageFacts[]
  /** Empty when the cluster is not known. */
  readonly nodes: readonly NodeFacts[]
  /** Write the rule also where all nodes have the same platform. */
  readonly forced: boolean
  readonly gke?: boolean
  readonly tolerateTaints?: boolean
}

/** What to do with a pod spec. */
export interface Placement {
  /** `none`: no rule is needed or possible; `conflict`: no node can ever run the pod. */
  readonly action: 'none' | 'affinity' | 'conflict'
  /** Where the pod may run: system and architecture, sorted. Empty when unknown or in conflict. */
  readonly platforms: readonly Platform[]
  /** The whole `nodeAffinity`, the user's rules included; with `affinity` only. */
  readonly nodeAffinity?: Mapping
  /** The whole list of tolerations, when one was added. */
  readonly tolerations?: readonly unknown[]
  /** Why, in words; never empty. */
  readonly reasons: readonly string[]
  readonly warnings: readonly string[]
}

/**
 * Finds the platforms on which all images of a pod run, holds them against the pod's own rules, and merges them in:
 * ANDed into every term that does not imply them, or as one term per platform where there are none. It never widens
 * what the pod's own rules allow, and doing it twice changes nothing.
 */
export function placePod(question: PlacementQuestion): Placement {
  const constraint = effectiveConstraint(question.podSpec)
  const common = commonPlatforms(question.images, question.nodes)
  const isWritten = question.forced || isMixed(question.nodes)
  const warnings = isWritten ? common.unknown.map(unknownWarning) : []
  if (common.known.length === 0) return none(`the platforms of its images are not known`, { warnings })
  if (common.platforms.length === 0) return conflict(`no platform runs all its images: ${describeImages(common.known)}`)
  if (constraint.nodeName !== undefined) return placeBound(question, constraint.nodeName, common)
  if (constraint.terms?.every((term) => term.isEmpty) === true) {
    return none('its required node affinity has no term that matches a node', {
      warnings: [...warnings, 'its required node affinity has only empty terms, so no node ever takes it'],
    })
  }
  const effective = common.platforms.filter((platform) => constraint.allows(platform))
  if (effective.length === 0) return conflict(describeDisjoint(constraint, common))
  const os = chooseOs(effective)
  const platforms = effective.filter((platform) => platform.os === os)
  const wanted = common.platforms.filter((platform) => platform.os === os)
  return write(question, { constraint, common, platforms, wanted, isWritten, warnings })
}

/** Whether the nodes have more than one system or architecture. */
export function isMixed(nodes: readonly NodeFacts[]): boolean {
  return uniqueOsArch(nodes.map((node) => node.platform)).length > 1
}

interface Decision {
  readonly constraint: Constraint
  readonly common: CommonPlatforms
  /** Of the images, with the pod's own rules. */
  readonly platforms: readonly OsArch[]
  /** Of the images alone, in the chosen system. */
  readonly wanted: readonly OsArch[]
  readonly isWritten: boolean
  readonly warnings: readonly string[]
}

function write(question: PlacementQuestion, decision: Decision): Placement {
  const { constraint, platforms, wanted, isWritten } = decision
  const { podSpec, nodes, gke = false, tolerateTaints = false } = question
  const tolerations = mergeTolerations({ podSpec, platforms, nodes, gke, tolerateTaints })
  const fits = impliesPlatforms((platform) => constraint.allows(platform), { wanted, nodes })
  const affinity = isWritten && !fits ? { nodeAffinity: mergeAffinity(podSpec, decision, nodes) } : {}
  const why = describeWhy(decision, { fits, nodes })
  const changed = { ...affinity, ...(tolerations === undefined ? {} : { tolerations }) }
  return {
    action: affinity.nodeAffinity === undefined ? 'none' : 'affinity',
    platforms,
    ...changed,
    reasons: [why],
    warnings: [...decision.warnings, ...nobodyTakesIt(question, changed, decision)],
  }
}

/** A pod with `nodeName` never meets the scheduler: only the node itself can be held against its images. */
function placeBound(question: PlacementQuestion, nodeName: string, common: CommonPlatforms): Placement {
  const node = question.nodes.find((one) => one.name === nodeName)
  const reason = `it is bound to node ${nodeName}`
  if (node === undefined) return none(reason, { warnings: [] })
  const failing = common.known.map((image) => verdict(image, node)).find((one) => one.verdict === 'cannotRun')
  if (failing !== undefined) return conflict(`${reason}, which is ${formatPlatform(node.platform)}: ${failing.reason}`)
  return none(reason, { platforms: uniqueOsArch([node.platform]), warnings: [] })
}

/** A pod runs on one system; images that have several (Windows variants of a Linux image) mean linux. */
function chooseOs(platforms: readonly OsArch[]): string | undefined {
  return (platforms.find((platform) => platform.os === 'linux') ?? platforms[0])?.os
}

/**
 * Whether everything that is allowed is wanted, for every architecture there is and every system of the cluster (or of
 * the images, where the cluster is not known).
 */
function impliesPlatforms(
  allows: (platform: OsArch) => boolean,
  { wanted, nodes }: { readonly wanted: readonly OsArch[]; readonly nodes: readonly NodeFacts[] },
): boolean {
  const seen = [...wanted, ...nodes.map((node) => node.platform)]
  const systems = new Set(seen.map((platform) => platform.os))
  const architectures = new Set([...knownArchitectures, 'unheard-of', ...seen.map((platform) => platform.architecture)])
  return [...systems].every((os) =>
    [...architectures].every((architecture) => {
      const platform = { os, architecture }
      return hasOsArch(wanted, platform) || !allows(platform)
    }),
  )
}

function mergeAffinity(podSpec: PodSpec, decision: Decision, nodes: readonly NodeFacts[]): Mapping {
  const nodeAffinity = valueAt(podSpec, ['affinity', 'nodeAffinity'])
  const before = isMapping(nodeAffinity) ? nodeAffinity : {}
  const required = before[requiredKey]
  return {
    ...before,
    [requiredKey]: { ...(isMapping(required) ? required : {}), nodeSelectorTerms: mergeTerms(decision, nodes) },
  }
}

const requiredKey = 'requiredDuringSchedulingIgnoredDuringExecution'

function mergeTerms({ constraint, platforms, wanted }: Decision, nodes: readonly NodeFacts[]): readonly Mapping[] {
  if (constraint.terms === undefined) {
    return platforms.map((platform) => ({ matchExpressions: expressions([platform]) }))
  }
  return constraint.terms.map((term: Term) => {
    // An empty term allows nothing, which implies everything, and must stay empty.
    const fits = impliesPlatforms((platform) => constraint.termAllows(term, platform), { wanted, nodes })
    if (fits) return term.raw
    const own = term.raw['matchExpressions']
    return { ...term.raw, matchExpressions: [...(Array.isArray(own) ? own : []), ...expressions(wanted)] }
  })
}

function expressions(platforms: readonly OsArch[]): readonly Mapping[] {
  const values = (of: (platform: OsArch) => string): readonly string[] => [...new Set(platforms.map(of))].toSorted()
  return [
    { key: osLabel, operator: 'In', values: values((platform) => platform.os) },
    { key: archLabel, operator: 'In', values: values((platform) => platform.architecture) },
  ]
}

/** A rule that no node satisfies is legal (a node may come), and worth a word. */
function nobodyTakesIt(
  question: PlacementQuestion,
  changed: Pick<Placement, 'nodeAffinity' | 'tolerations'>,
  { platforms }: Decision,
): readonly string[] {
  const { podSpec, images, nodes } = question
  if (nodes.length === 0) return []
  const tolerations = changed.tolerations === undefined ? {} : { tolerations: changed.tolerations }
  const answers = explainPod({ podSpec: { ...podSpec, ...tolerations }, images, nodes })
  if (answers.some((answer) => answer.canRun)) return []
  const reasons = [...new Set(answers.map((answer) => `${answer.platform}: ${answer.reason}`))].slice(0, 3)
  return [`no node of the cluster can run it now: it needs ${formatList(platforms)} (${reasons.join('; ')})`]
}

function describeWhy(
  { common, constraint, platforms, isWritten }: Decision,
  { fits, nodes }: { readonly fits: boolean; readonly nodes: readonly NodeFacts[] },
): string {
  const list = formatList(platforms)
  if (fits) return `its own rules already keep it on ${list}: ${describeConstraint(constraint).join(', ')}`
  if (!isWritten && nodes.length === 0) return `its images run on ${list}; the cluster is not known`
  if (!isWritten) return 'all nodes have one platform'
  const limiting = common.known.filter((image) => image.platforms !== 'unknown' && image.platforms.length === 1)
  const own = describeConstraint(constraint)
  const rules = own.length === 0 ? '' : `, within ${own.join(', ')}`
  if (platforms.length === 1 && limiting.length > 0 && common.known.length > limiting.length) {
    return `limited to ${list} by ${limiting.map((image) => image.reference).join(', ')}${rules}`
  }
  return `${common.known.length === 1 ? 'its image runs' : 'all its images run'} on ${list}${rules}`
}

function describeDisjoint(constraint: Constraint, common: CommonPlatforms): string {
  const rules = describeConstraint(constraint).join(', ')
  return `its images run on ${formatList(common.platforms)}, which its own rules exclude (${rules}): ${describeImages(common.known)}`
}

function describeImages(images: readonly ImageFacts[]): string {
  return images
    .map((image) => `${image.reference} has ${image.platforms === 'unknown' ? 'unknown' : formatList(image.platforms)}`)
    .join(', ')
}

function unknownWarning(image: ImageFacts): string {
  const why = image.reason === undefined ? '' : `: ${image.reason}`
  return `the platforms of ${image.reference} are not known, so it does not limit where the pod runs${why}`
}

function none(
  reason: string,
  { platforms = [], warnings }: { readonly platforms?: readonly OsArch[]; readonly warnings: readonly string[] },
): Placement {
  return { action: 'none', platforms, reasons: [reason], warnings }
}

function conflict(reason: string): Placement {
  return { action: 'conflict', platforms: [], reasons: [reason], warnings: [] }
}
