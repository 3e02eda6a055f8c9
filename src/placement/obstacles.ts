import { effectiveConstraint } from './constraint.ts'
import type { NodeFacts, PodSpec } from './facts.ts'
import { describeRequirement, matchesRequirement } from './requirement.ts'
import { untoleratedTaint } from './tolerations.ts'

/** A node as the scheduler sees it. */
export type ScheduledNode = Pick<NodeFacts, 'name' | 'labels' | 'taints'> & { readonly isCordoned: boolean }

/**
 * Every rule that keeps a pod off a node, in words; none means that no label, taint or cordon does. Of several node
 * affinity terms each one is told by the expressions of it that fail.
 */
export function obstaclesOn(podSpec: PodSpec, node: ScheduledNode): readonly string[] {
  const constraint = effectiveConstraint(podSpec)
  const selectors = Object.entries(constraint.nodeSelector)
    .filter(([key, value]) => node.labels[key] !== value)
    .map(([key, value]) => `nodeSelector ${key}=${value}`)
  const failing = (constraint.terms ?? []).map((term) =>
    term.isEmpty
      ? ['an empty term, which no node matches']
      : [
          ...term.expressions.filter((one) => !matchesRequirement(one, node.labels)),
          ...term.fields.filter((one) => !matchesRequirement(one, { 'metadata.name': node.name })),
        ].map(describeRequirement),
  )
  const isOut = constraint.terms !== undefined && failing.every((term) => term.length > 0)
  const affinity = isOut ? [`node affinity ${failing.map((term) => term.join(' and ')).join(', or ')}`] : []
  const taint = untoleratedTaint(podSpec, node)
  const tainted = taint === undefined ? [] : [`taint ${taint.key}=${taint.value ?? ''}:${taint.effect}`]
  return [...selectors, ...affinity, ...tainted, ...(node.isCordoned ? ['cordon'] : [])]
}
