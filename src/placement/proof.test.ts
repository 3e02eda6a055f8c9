import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parsePlatform, type Platform } from '../platform/index.ts'
import {
  effectiveConstraint,
  placePod,
  type ImageFacts,
  type NodeFacts,
  type Placement,
  type PodSpec,
} from './index.ts'

const p = (text: string): Platform => parsePlatform(text, { os: 'linux', architecture: 'amd64' })

function image(reference: string, ...platforms: readonly string[]): ImageFacts {
  return { reference, platforms: platforms.map(p) }
}

/** A second opinion on Kubernetes' rules, written for this test alone. */
const scheduler = {
  expression(
    one: { key: string; operator: string; values?: readonly string[] },
    labels: Record<string, string>,
  ): boolean {
    const has = one.key in labels
    const listed = has && (one.values ?? []).includes(labels[one.key] ?? '')
    const [left, right] = [Number.parseInt(labels[one.key] ?? '', 10), Number.parseInt(one.values?.[0] ?? '', 10)]
    return (
      { Gt: left > right, Lt: left < right, In: listed, NotIn: !listed, Exists: has, DoesNotExist: !has }[
        one.operator
      ] ?? false
    )
  },
  takes(spec: PodSpec, labels: Record<string, string>, name: string): boolean {
    const selector = Object.entries((spec['nodeSelector'] ?? {}) as Record<string, string>)
    if (selector.some(([key, value]) => labels[key] !== value)) return false
    if (spec['os'] !== undefined && (spec['os'] as { name: string }).name !== labels['kubernetes.io/os']) return false
    type Rule = {
      nodeAffinity?: {
        requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms: Record<string, never[]>[] }
      }
    }
    const required = (spec['affinity'] as Rule | undefined)?.nodeAffinity
      ?.requiredDuringSchedulingIgnoredDuringExecution
    if (required === undefined) return true
    return required.nodeSelectorTerms.some((term) => {
      const [expressions, fields] = [term['matchExpressions'] ?? [], term['matchFields'] ?? []]
      if (expressions.length + fields.length === 0) return false
      return (
        expressions.every((one) => scheduler.expression(one, labels)) &&
        fields.every((one) => scheduler.expression(one, { 'metadata.name': name }))
      )
    })
  },
}

describe('proof', () => {
  const archName = fc.constantFrom('amd64', 'arm64', 's390x', 'riscv64')
  const key = fc.constantFrom('kubernetes.io/arch', 'beta.kubernetes.io/arch', 'kubernetes.io/os', 'zone')
  const valueOf = (name: string): fc.Arbitrary<string> =>
    name.endsWith('arch') ? archName : fc.constantFrom(...(name === 'zone' ? ['a', 'b'] : ['linux', 'windows']))
  const expression = key.chain((name) =>
    fc.oneof(
      {
        arbitrary: fc.record({
          key: fc.constant(name),
          operator: fc.constantFrom('In', 'NotIn'),
          values: fc.uniqueArray(valueOf(name), { minLength: 1, maxLength: 3 }),
        }),
        weight: 4,
      },
      {
        arbitrary: fc.record({ key: fc.constant(name), operator: fc.constantFrom('Exists', 'DoesNotExist') }),
        weight: 1,
      },
      {
        arbitrary: fc.record({
          key: fc.constant('cores'),
          operator: fc.constantFrom('Gt', 'Lt'),
          values: fc.constantFrom(['2'], ['4'], ['8']),
        }),
        weight: 1,
      },
    ),
  )
  const term = fc.oneof(
    { arbitrary: fc.record({ matchExpressions: fc.array(expression, { minLength: 1, maxLength: 3 }) }), weight: 6 },
    { arbitrary: fc.constant({}), weight: 1 },
    {
      arbitrary: fc.record({
        matchFields: fc.constant([{ key: 'metadata.name', operator: 'In', values: ['n1', 'n2'] }]),
      }),
      weight: 1,
    },
  )
  const spec: fc.Arbitrary<PodSpec> = fc
    .record({
      nodeSelector: fc.option(
        key.chain((name) => valueOf(name).map((value) => ({ [name]: value }))),
        { nil: undefined, freq: 2 },
      ),
      os: fc.option(fc.record({ name: fc.constantFrom('linux', 'windows') }), { nil: undefined, freq: 1 }),
      affinity: fc.option(
        fc.array(term, { maxLength: 3 }).map((terms) => ({
          nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
        })),
        { nil: undefined, freq: 4 },
      ),
    })
    .map((record) => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)))
  const platform = fc.constantFrom<string>('linux/amd64', 'linux/arm64', 'linux/s390x', 'windows/amd64')
  const images = fc.array(fc.uniqueArray(platform, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 })
  const cluster = fc.array(
    fc.record({
      platform: fc.oneof(platform, fc.constant('linux/riscv64')),
      zone: fc.constantFrom('a', 'b', undefined),
      cores: fc.constantFrom('2', '4', '16'),
    }),
    { minLength: 1, maxLength: 6 },
  )

  const nodesOf = (
    facts: readonly { platform: string; zone: string | undefined; cores: string }[],
  ): readonly NodeFacts[] =>
    facts.map((fact, index) => {
      const { os, architecture } = p(fact.platform)
      const labels = {
        'kubernetes.io/os': os,
        'kubernetes.io/arch': architecture,
        'beta.kubernetes.io/os': os,
        'beta.kubernetes.io/arch': architecture,
        cores: fact.cores,
        ...(fact.zone === undefined ? {} : { zone: fact.zone }),
      }
      return { name: `n${index}`, platform: { os, architecture }, labels, taints: [] }
    })

  function applied(before: PodSpec, placement: Placement): PodSpec {
    const affinity: unknown = before['affinity'] ?? {}
    return placement.nodeAffinity === undefined
      ? before
      : { ...before, affinity: { ...(affinity as object), nodeAffinity: placement.nodeAffinity } }
  }

  test('a node takes the result exactly if it took the original and runs all images', () => {
    fc.assert(
      fc.property(spec, images, cluster, (before, sets, facts) => {
        const nodes = nodesOf(facts)
        const known = sets.map((set, index) => image(`i${index}`, ...set))
        const placement = placePod({ podSpec: before, images: known, nodes, forced: true })
        const after = applied(before, placement)
        const takes = (podSpec: PodSpec, one: NodeFacts): boolean =>
          scheduler.takes(podSpec, { ...one.labels }, one.name)
        const runs = (one: NodeFacts): boolean =>
          sets.every((set) => set.includes(`${one.platform.os}/${one.platform.architecture}`))
        const systems = new Set(placement.platforms.map((one) => one.os))
        for (const one of nodes) {
          const took = takes(before, one)
          const fits = placement.platforms.length === 0 || (runs(one) && systems.has(one.platform.os))
          if (placement.action === 'conflict') expect(took && runs(one)).toBe(false)
          else expect(takes(after, one)).toBe(took && fits)
        }
      }),
      { numRuns: 2000 },
    )
  }, 60_000)

  test('nothing is written where the pod’s own rules say enough, and no more than two lines per term elsewhere', () => {
    const every = ['linux', 'windows'].flatMap((os) =>
      ['amd64', 'arm64', 's390x', 'riscv64', 'ppc64le'].map((architecture) => ({ os, architecture })),
    )
    const labelsOf = ({ os, architecture }: { readonly os: string; readonly architecture: string }) => ({
      'kubernetes.io/os': os,
      'kubernetes.io/arch': architecture,
      'beta.kubernetes.io/os': os,
      'beta.kubernetes.io/arch': architecture,
    })
    const platformKey = fc.constantFrom('kubernetes.io/arch', 'beta.kubernetes.io/arch', 'kubernetes.io/os')
    const rule = platformKey.chain((name) =>
      fc.record({
        key: fc.constant(name),
        operator: fc.constantFrom('In', 'NotIn'),
        values: fc.uniqueArray(valueOf(name), { minLength: 1, maxLength: 3 }),
      }),
    )
    const ruled = fc.array(fc.record({ matchExpressions: fc.array(rule, { minLength: 1, maxLength: 3 }) }), {
      minLength: 1,
      maxLength: 3,
    })
    fc.assert(
      fc.property(ruled, fc.uniqueArray(platform, { minLength: 1, maxLength: 4 }), (terms, set) => {
        const before = {
          affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } },
        }
        const nodes = nodesOf([
          { platform: 'linux/amd64', zone: undefined, cores: '2' },
          { platform: 'windows/amd64', zone: undefined, cores: '2' },
        ])
        const placement = placePod({ podSpec: before, images: [image('i', ...set)], nodes, forced: true })
        if (placement.action === 'conflict') return
        const system = placement.platforms[0]?.os
        const suffices = every
          .filter((one) => scheduler.takes(before, labelsOf(one), 'n'))
          .every(({ os, architecture }) => os === system && set.includes(`${os}/${architecture}`))
        expect(placement.nodeAffinity === undefined).toBe(suffices)
        const added = JSON.stringify(placement.nodeAffinity ?? before.affinity.nodeAffinity).split('"key"').length
        const had = JSON.stringify(before.affinity.nodeAffinity).split('"key"').length
        expect(added - had).toBeLessThanOrEqual(2 * terms.length)
      }),
      { numRuns: 2000 },
    )
  }, 60_000)

  test('a second run changes nothing, and terms are only appended to', () => {
    fc.assert(
      fc.property(spec, images, cluster, (before, sets, facts) => {
        const question = {
          images: sets.map((set, index) => image(`i${index}`, ...set)),
          nodes: nodesOf(facts),
          forced: true,
        }
        const after = applied(before, placePod({ ...question, podSpec: before }))
        const again = placePod({ ...question, podSpec: after })
        expect(again.nodeAffinity).toBeUndefined()
        const [old, now] = [effectiveConstraint(before).terms, effectiveConstraint(after).terms]
        const prefixes = now?.map((one, index) => one.expressions.slice(0, old?.[index]?.expressions.length))
        if (old !== undefined) expect(prefixes).toEqual(old.map((one) => one.expressions))
      }),
      { numRuns: 1000 },
    )
  }, 60_000)
})
