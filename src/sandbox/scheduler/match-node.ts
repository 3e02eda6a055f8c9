import type {
  NodeAffinity,
  NodeObject,
  NodeSelectorTerm,
  PodSpec,
  SelectorExpression,
  Taint,
  Toleration,
} from '../kinds.ts'

/**
 * Whether the pod's nodeSelector and required node affinity accept the node: all labels of the selector, and one of the
 * terms. An empty term matches nothing, and so does an empty list of terms.
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#node-affinity
 */
export function acceptsNode(spec: PodSpec, node: NodeObject): boolean {
  const labels = node.metadata.labels ?? {}
  if (!Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)) return false
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return required === undefined || (required.nodeSelectorTerms ?? []).some((term) => matchesTerm(term, node))
}

/** The summed weights of the preferred terms that the node meets; an empty preference counts for no node. */
export function preferenceFor(affinity: NodeAffinity | undefined, node: NodeObject): number {
  return (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
    .filter(({ preference }) => matchesTerm(preference, node))
    .reduce((sum, { weight }) => sum + weight, 0)
}

/** The names that `matchFields` of the required terms leave, or undefined when some term names none. */
export function pinnedNames(affinity: NodeAffinity | undefined): ReadonlySet<string> | undefined {
  const terms = affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  if (terms.length === 0) return undefined
  const names = terms.map((term) =>
    (term.matchFields ?? []).find(({ key, operator }) => key === 'metadata.name' && operator === 'In'),
  )
  return names.every((field) => field !== undefined)
    ? new Set(names.flatMap((field) => field?.values ?? []))
    : undefined
}

function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: NodeObject): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false
  const labels = node.metadata.labels ?? {}
  const fields = { 'metadata.name': node.metadata.name }
  return (
    matchExpressions.every((expression) => meets(expression, labels)) &&
    matchFields.every((expression) => meets(expression, fields))
  )
}

function meets({ key, operator, values = [] }: SelectorExpression, labels: Readonly<Record<string, string>>): boolean {
  const value = labels[key]
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
    case 'Lt':
      return comparesTo(value, operator, values)
    default:
      return false
  }
}

const integer = /^[+-]?\d+$/

function comparesTo(value: string | undefined, operator: 'Gt' | 'Lt', values: readonly string[]): boolean {
  const [bound, ...more] = values
  if (value === undefined || bound === undefined || more.length > 0) return false
  if (!integer.test(value) || !integer.test(bound)) return false
  return operator === 'Gt' ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound)
}

/** The taints of the given effects that no toleration covers. */
export function untolerated(
  node: NodeObject,
  tolerations: readonly Toleration[] | undefined,
  effects: readonly string[],
): readonly Taint[] {
  const taints = (node.spec?.taints ?? []).filter(({ effect }) => effects.includes(effect))
  return taints.filter((taint) => !(tolerations ?? []).some((toleration) => tolerates(toleration, taint)))
}

function tolerates({ key, operator, value, effect }: Toleration, taint: Taint): boolean {
  const isAny = operator === 'Exists'
  if (!isUnset(effect) && effect !== taint.effect) return false
  if (isUnset(key)) return isAny
  return key === taint.key && (isAny || (value ?? '') === (taint.value ?? ''))
}

function isUnset(member: string | undefined): boolean {
  return member === undefined || member === ''
}
