import { formatPlatform } from '../platform/index.ts'
import { effectiveConstraint, type Constraint, type Term } from './constraint.ts'
import type { ImageFacts, NodeFacts, PodSpec } from './facts.ts'
import { describeRequirement, matchesRequirement } from './requirement.ts'
import { untoleratedTaint } from './tolerations.ts'
import { formatList, verdict, type Verdict } from './verdict.ts'

/** Whether one node takes a pod and runs its images. */
export interface NodeAnswer {
  readonly node: string
  /** `os/architecture`. */
  readonly platform: string
  /** The scheduler may put the pod there. */
  readonly allowed: boolean
  /** The worst of the images' verdicts. */
  readonly verdict: Verdict['verdict']
  /** Allowed, and no image is known to fail there. */
  readonly canRun: boolean
  readonly reason: string
}

/** For each node, whether a pod of this spec can run there, and why or why not. Resources and ports are not looked at. */
export function explainPod(question: {
  readonly podSpec: PodSpec
  readonly images: readonly ImageFacts[]
  readonly nodes: readonly NodeFacts[]
}): readonly NodeAnswer[] {
  const constraint = effectiveConstraint(question.podSpec)
  return question.nodes.map((node) => {
    const obstacle = obstacleOn(question.podSpec, constraint, node)
    const worst = worstVerdict(question.images, node)
    const isStuck = worst.verdict === 'cannotRun'
    return {
      node: node.name,
      platform: formatPlatform(node.platform),
      allowed: obstacle === undefined,
      verdict: worst.verdict,
      canRun: obstacle === undefined && !isStuck,
      reason: isStuck ? worst.reason : (obstacle ?? worst.reason),
    }
  })
}

/** Why the scheduler keeps the pod off the node. */
function obstacleOn(podSpec: PodSpec, constraint: Constraint, node: NodeFacts): string | undefined {
  if (constraint.nodeName !== undefined) {
    return constraint.nodeName === node.name ? undefined : `the pod is bound to node ${constraint.nodeName}`
  }
  const selector = Object.entries(constraint.nodeSelector).find(([key, value]) => node.labels[key] !== value)
  if (selector !== undefined) return `nodeSelector asks for ${selector[0]}=${selector[1]}`
  if (constraint.terms !== undefined && !constraint.terms.some((term) => termMatches(term, node))) {
    return `node affinity asks for ${constraint.terms.map(describeTerm).join(' or ') || 'nothing that exists'}`
  }
  const taint = untoleratedTaint(podSpec, node)
  if (taint !== undefined) return `the node has the taint ${taint.key}=${taint.value ?? ''}:${taint.effect}`
  return undefined
}

function termMatches(term: Term, node: NodeFacts): boolean {
  return (
    !term.isEmpty &&
    term.expressions.every((requirement) => matchesRequirement(requirement, node.labels)) &&
    term.fields.every((requirement) => matchesRequirement(requirement, { 'metadata.name': node.name }))
  )
}

function describeTerm(term: Term): string {
  return [...term.expressions, ...term.fields].map(describeRequirement).join(' and ')
}

const order: readonly Verdict['verdict'][] = ['cannotRun', 'unknown', 'emulated', 'runs']

function worstVerdict(images: readonly ImageFacts[], node: NodeFacts): Verdict {
  const verdicts = images.map((image) => verdict(image, node))
  const worst = verdicts.toSorted((left, right) => order.indexOf(left.verdict) - order.indexOf(right.verdict))[0]
  if (worst === undefined) return { verdict: 'unknown', reason: 'the pod has no image' }
  if (worst.verdict !== 'runs') return worst
  const own = formatPlatform(node.platform)
  const [first, ...others] = images.map((image) => image.platforms)
  const isSingle = others.length === 0 && first !== undefined && first !== 'unknown'
  const where = isSingle ? `its image runs on ${formatList(first)}` : `all its images run on ${own}`
  return { verdict: 'runs', reason: where }
}
