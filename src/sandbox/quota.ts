import { isFinished } from './objects.ts'
import type { Pod, Container } from './kinds.ts'
import { parseQuantity } from './quantity.ts'
import type { StoredObject, StoreKey } from './store-contract.ts'

/** What a ResourceQuota is held against. */
export interface QuotaQuestion {
  readonly key: StoreKey
  /** The new object. */
  readonly object: { readonly [member: string]: unknown }
  /** Of the namespace. */
  readonly quotas: readonly StoredObject[]
  /** Objects of the same resource in the namespace. */
  readonly others: readonly StoredObject[]
}

/**
 * Why no quota of the namespace has room for an object, in the words of the admission plugin; undefined when there is
 * room. Quotas with scopes are left out.
 * @see https://kubernetes.io/docs/concepts/policy/resource-quotas/
 */
export function quotaRefusal({ key, object, quotas, others }: QuotaQuestion): string | undefined {
  for (const quota of quotas) {
    const spec = record(quota['spec'])
    if (spec['scopes'] !== undefined || spec['scopeSelector'] !== undefined) continue
    const refusal = refusalOf(quota.metadata.name, record(spec['hard']), { key, object, others })
    if (refusal !== undefined) return refusal
  }
  return undefined
}

type Asking = Omit<QuotaQuestion, 'quotas'>

function refusalOf(
  name: string,
  hard: Readonly<Record<string, unknown>>,
  { key, object, others }: Asking,
): string | undefined {
  const limited = Object.keys(hard)
    .filter((resource) => isCounted(key, resource))
    .toSorted()
  const missing = limited.flatMap((resource) => missingIn(key, object, resource))
  if (missing.length > 0) return `failed quota: ${name}: must specify ${missing.join('; ')}`
  const counted = others.filter((other) => key.resource !== 'pods' || !isFinished(other as unknown as Pod))
  const amounts = limited.map((resource) => ({
    resource,
    requested: usageOf(key, object, resource),
    used: counted.reduce((sum, other) => sum + usageOf(key, other, resource), 0),
    limit: String(hard[resource]),
  }))
  const over = amounts.filter(
    ({ requested, used, limit }) => requested > 0 && used + requested > (parseQuantity(limit) ?? 0) + 1e-9,
  )
  if (over.length === 0) return undefined
  const list = (show: (amount: (typeof over)[number]) => string): string =>
    over.map((amount) => `${amount.resource}=${show(amount)}`).join(',')
  return (
    `exceeded quota: ${name}, requested: ${list(({ requested }) => shown(requested))}, ` +
    `used: ${list(({ used }) => shown(used))}, limited: ${list(({ limit }) => limit)}`
  )
}

const amountPattern = /^(?:(requests|limits)\.)?(cpu|memory)$/

function isCounted({ group, resource }: StoreKey, limited: string): boolean {
  if (limited === `count/${resource}${group === '' ? '' : `.${group}`}`) return true
  if (group !== '') return false
  return limited === resource || (resource === 'pods' && amountPattern.test(limited))
}

/** Containers that do not say how much they want of what is limited. */
function missingIn({ resource }: StoreKey, object: QuotaQuestion['object'], limited: string): readonly string[] {
  if (resource !== 'pods' || !amountPattern.test(limited)) return []
  const lacking = containersOf(object).filter((container) => amountIn(container, limited) === undefined)
  return lacking.length === 0 ? [] : [`${limited} for: ${lacking.map(({ name }) => name).join(',')}`]
}

function usageOf({ resource }: StoreKey, object: QuotaQuestion['object'], limited: string): number {
  if (resource !== 'pods' || !amountPattern.test(limited)) return 1
  return containersOf(object).reduce((sum, container) => sum + (amountIn(container, limited) ?? 0), 0)
}

function amountIn({ resources }: Container, limited: string): number | undefined {
  const [, part = 'requests', name = ''] = amountPattern.exec(limited) ?? []
  const { limits = {}, requests = {} } = resources ?? {}
  const own = part === 'limits' ? limits[name] : (requests[name] ?? limits[name])
  return own === undefined ? undefined : parseQuantity(own)
}

function containersOf(object: QuotaQuestion['object']): readonly Container[] {
  const { containers } = record(object['spec'])
  return Array.isArray(containers) ? (containers as readonly Container[]) : []
}

function shown(amount: number): string {
  if (Number.isInteger(amount)) return String(amount)
  return `${Math.round(amount * 1000)}m`
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}
