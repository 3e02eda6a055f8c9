import {
  explainPod,
  placePod,
  type ImageFacts,
  type NodeAnswer,
  type NodeFacts,
  type PodSpec,
} from '../../placement/index.ts'
import { formatPlatform } from '../../platform/index.ts'
import type { CheckedImage, CheckedPlatform, CheckedWorkload, CheckVerdict } from './contract.ts'

/** An image, and what its programs are not. */
export interface LookedAt extends ImageFacts {
  readonly wrong?: readonly string[]
}

/** A pod template with what is known about its images. */
export interface Judged {
  readonly podSpec: PodSpec
  readonly images: readonly LookedAt[]
  readonly nodes: readonly NodeFacts[]
  /** No placement rule can be written where this stands; what to do instead, if that is known. */
  readonly refusesPlacement?: { readonly hint?: string }
}

/** Where the pods of a template run, where they would crash, and what to change. */
export function judgePod(judged: Judged): Omit<CheckedWorkload, 'resource' | 'namespace'> {
  const { podSpec, images, nodes } = judged
  const answers = explainPod({ podSpec, images, nodes })
  const verdict = verdictOf(answers, images)
  return {
    images: images.map(checkedImage),
    verdict,
    platforms: platformsOf(answers),
    changes: changesFor(verdict, judged, answers),
  }
}

function checkedImage({ reference, platforms, reason, wrong }: LookedAt): CheckedImage {
  const known = platforms === 'unknown' ? ('unknown' as const) : platforms.map(formatPlatform)
  return {
    reference,
    platforms: known,
    ...(reason === undefined ? {} : { reason }),
    ...(wrong === undefined ? {} : { wrong }),
  }
}

function verdictOf(answers: readonly NodeAnswer[], images: readonly ImageFacts[]): CheckVerdict {
  if (answers.some(({ allowed, verdict }) => allowed && verdict === 'cannotRun')) return 'crashes'
  if (images.some(({ platforms }) => platforms === 'unknown')) return 'unknown'
  if (answers.length > 0 && !answers.some(({ canRun }) => canRun)) return 'pending'
  return answers.some(({ allowed, verdict }) => allowed && verdict === 'unknown') ? 'unknown' : 'runs'
}

function platformsOf(answers: readonly NodeAnswer[]): readonly CheckedPlatform[] {
  const names = [...new Set(answers.map(({ platform }) => platform))].toSorted()
  return names.map((platform) => {
    const own = answers.filter((answer) => answer.platform === platform)
    const taking = own.filter(({ allowed }) => allowed)
    const told = taking[0] ?? own[0]
    return {
      platform,
      nodes: own.length,
      taking: taking.length,
      runs: told === undefined ? 'unknown' : runsAs[told.verdict],
      reason: told?.reason ?? '',
    }
  })
}

const runsAs: Readonly<Record<NodeAnswer['verdict'], CheckedPlatform['runs']>> = {
  runs: 'yes',
  cannotRun: 'no',
  emulated: 'emulated',
  unknown: 'unknown',
}

function changesFor(verdict: CheckVerdict, judged: Judged, answers: readonly NodeAnswer[]): readonly string[] {
  if (verdict === 'runs') return []
  if (verdict === 'unknown') {
    const unread = judged.images.filter(({ platforms }) => platforms === 'unknown')
    return unread.map(
      ({ reference, reason }) => `find out why ${reference} cannot be read${reason === undefined ? '' : `: ${reason}`}`,
    )
  }
  const wrong = judged.images.flatMap(({ reference, wrong = [] }) => wrong.map((one) => `rebuild ${reference}: ${one}`))
  const limited = verdict === 'crashes' ? limit(judged) : loosen(judged)
  return [...wrong, ...limited, ...build(judged, answers)]
}

/** The rule that keeps the pods where all their images run. */
function limit({ podSpec, images, nodes, refusesPlacement }: Judged): readonly string[] {
  if (refusesPlacement !== undefined) return refusesPlacement.hint === undefined ? [] : [refusesPlacement.hint]
  const placement = placePod({ podSpec, images, nodes, forced: true, tolerateTaints: true })
  if (placement.action === 'conflict') return [placement.reasons.join('; ')]
  if (placement.platforms.length === 0) return []
  const architectures = [...new Set(placement.platforms.map(({ architecture }) => architecture))]
  return [`require kubernetes.io/arch in ${architectures.join(', ')} by node affinity, as "catamaran render" writes it`]
}

function loosen({ podSpec, images, nodes }: Judged): readonly string[] {
  const placement = placePod({ podSpec, images, nodes, forced: true, tolerateTaints: true })
  return placement.action === 'conflict' ? placement.reasons : placement.warnings
}

/** Images that miss a platform of nodes that take the pods. */
function build({ images }: Judged, answers: readonly NodeAnswer[]): readonly string[] {
  const failing = [...new Set(answers.filter(({ verdict }) => verdict === 'cannotRun').map(({ platform }) => platform))]
  if (failing.length === 0) return []
  const lacking = images.filter(({ platforms, wrong }) => {
    if (platforms === 'unknown' || wrong !== undefined) return false
    const own = platforms.map(formatPlatform)
    return failing.some((platform) => !own.includes(platform))
  })
  return lacking.map(({ reference }) => `or build ${reference} for ${failing.join(', ')}`)
}
