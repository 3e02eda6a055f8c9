import { isMapping, type Mapping } from '../resource/index.ts'

/** One expression of a node selector term. */
export interface Requirement {
  readonly key: string
  readonly operator: string
  readonly values: readonly string[]
}

export const osLabel = 'kubernetes.io/os'
export const archLabel = 'kubernetes.io/arch'

/** Labels that say a node's system or architecture; the beta ones are deprecated and still in use. */
export const platformLabels: ReadonlySet<string> = new Set([
  osLabel,
  archLabel,
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
])

/** Reads a list of expressions; what is none is left out, as the API server refuses it anyway. */
export function readRequirements(list: unknown): readonly Requirement[] {
  if (!Array.isArray(list)) return []
  return (list as readonly unknown[]).filter(isMapping).map((entry: Mapping) => ({
    key: textOf(entry['key']),
    operator: textOf(entry['operator']),
    values: Array.isArray(entry['values']) ? entry['values'].map(textOf) : [],
  }))
}

/**
 * Whether labels (or fields) satisfy an expression. An expression that the API would refuse satisfies nothing.
 * @see https://github.com/kubernetes/apimachinery/blob/master/pkg/labels/selector.go (Requirement.Matches)
 */
export function matchesRequirement(requirement: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const { key, values } = requirement
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (requirement.operator) {
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
      return compares(requirement, value)
    default:
      return false
  }
}

/** An expression as it is written in YAML's flow style. */
export function describeRequirement({ key, operator, values }: Requirement): string {
  return values.length === 0 ? `${key} ${operator}` : `${key} ${operator} [${values.join(', ')}]`
}

function compares({ operator, values }: Requirement, value: string | undefined): boolean {
  const [left, right] = [value, values[0]]
  const integer = /^-?\d+$/
  if (left === undefined || right === undefined || !integer.test(left) || !integer.test(right)) return false
  return operator === 'Gt' ? BigInt(left) > BigInt(right) : BigInt(left) < BigInt(right)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? '')
}
