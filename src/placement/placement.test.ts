import { describe, expect, test } from 'vitest'
import { parsePlatform, type Platform } from '../platform/index.ts'
import {
  explainPod,
  placePod,
  verdict,
  type ImageFacts,
  type NodeFacts,
  type Placement,
  type PlacementQuestion,
  type PodSpec,
} from './index.ts'

const p = (text: string): Platform => parsePlatform(text, { os: 'linux', architecture: 'amd64' })

function image(reference: string, ...platforms: readonly string[]): ImageFacts {
  return { reference, platforms: platforms.length === 0 ? 'unknown' : platforms.map(p) }
}

function node(name: string, platform: string, more: Partial<NodeFacts> = {}): NodeFacts {
  const { os, architecture } = p(platform)
  const labels = {
    'kubernetes.io/os': os,
    'kubernetes.io/arch': architecture,
    'kubernetes.io/hostname': name,
    ...more.labels,
  }
  return { name, platform: p(platform), taints: [], ...more, labels }
}

const mixed = [node('a1', 'linux/amd64'), node('a2', 'linux/amd64'), node('r1', 'linux/arm64')]
const both = image('both', 'linux/amd64', 'linux/arm64')
const intel = image('intel', 'linux/amd64')
const arm = image('arm', 'linux/arm64')

const requirement = (key: string, operator: string, ...values: readonly string[]): object => ({
  key,
  operator,
  ...(values.length === 0 ? {} : { values }),
})
const inTerm = (os: string, ...arches: readonly string[]): readonly object[] => [
  requirement('kubernetes.io/os', 'In', os),
  requirement('kubernetes.io/arch', 'In', ...arches),
]
const withTerms = (...nodeSelectorTerms: readonly unknown[]): PodSpec => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
})

function place(podSpec: PodSpec, images: readonly ImageFacts[], more: Partial<PlacementQuestion> = {}): Placement {
  return placePod({ podSpec, images, nodes: mixed, forced: false, ...more })
}

function termsOf(placement: Placement): unknown {
  const affinity = placement.nodeAffinity as
    | { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: unknown } }
    | undefined
  return affinity?.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms
}

describe('the rule that is written', () => {
  const zone = { matchExpressions: [requirement('zone', 'In', 'a')] }
  const own = (term: Readonly<Record<string, readonly object[]>>, ...arches: readonly string[]): object => ({
    ...term,
    matchExpressions: [...(term['matchExpressions'] ?? []), ...inTerm('linux', ...arches)],
  })
  const fields = { matchFields: [requirement('metadata.name', 'In', 'a1')] }
  test.each<[string, PodSpec, readonly ImageFacts[], unknown]>([
    [
      'one term per platform',
      {},
      [both],
      [{ matchExpressions: inTerm('linux', 'amd64') }, { matchExpressions: inTerm('linux', 'arm64') }],
    ],
    ['the images are intersected', {}, [both, intel], [{ matchExpressions: inTerm('linux', 'amd64') }]],
    [
      'an unknown image limits nothing',
      {},
      [both, image('x'), intel],
      [{ matchExpressions: inTerm('linux', 'amd64') }],
    ],
    [
      'variants are dropped',
      {},
      [image('v', 'linux/arm/v6', 'linux/arm/v7', 'linux/amd64')],
      [{ matchExpressions: inTerm('linux', 'amd64') }, { matchExpressions: inTerm('linux', 'arm') }],
    ],
    [
      'windows variants do not count',
      {},
      [image('w', 'windows/amd64', 'linux/amd64')],
      [{ matchExpressions: inTerm('linux', 'amd64') }],
    ],
    [
      'unless the pod says windows',
      { os: { name: 'windows' } },
      [image('w', 'windows/amd64', 'linux/amd64')],
      [{ matchExpressions: inTerm('windows', 'amd64') }],
    ],
    [
      'ANDed into every term',
      withTerms(zone, { matchExpressions: [requirement('disk', 'Exists')] }),
      [both],
      [own(zone, 'amd64', 'arm64'), own({ matchExpressions: [requirement('disk', 'Exists')] }, 'amd64', 'arm64')],
    ],
    ['empty terms stay empty', withTerms({}, zone), [intel], [{}, own(zone, 'amd64')]],
    ['terms with fields only', withTerms(fields), [intel], [own(fields, 'amd64')]],
    [
      'terms that imply it stay',
      withTerms({ matchExpressions: inTerm('linux', 'amd64') }, zone),
      [intel],
      [{ matchExpressions: inTerm('linux', 'amd64') }, own(zone, 'amd64')],
    ],
    [
      'an overlap is narrowed',
      withTerms({ matchExpressions: [requirement('kubernetes.io/arch', 'In', 'amd64', 's390x')] }),
      [both],
      [
        {
          matchExpressions: [
            requirement('kubernetes.io/arch', 'In', 'amd64', 's390x'),
            ...inTerm('linux', 'amd64', 'arm64'),
          ],
        },
      ],
    ],
    [
      'NotIn leaves other architectures open',
      withTerms({ matchExpressions: [requirement('kubernetes.io/arch', 'NotIn', 'arm64')] }),
      [both],
      [
        {
          matchExpressions: [requirement('kubernetes.io/arch', 'NotIn', 'arm64'), ...inTerm('linux', 'amd64', 'arm64')],
        },
      ],
    ],
    [
      'a nodeSelector of the system only',
      { nodeSelector: { 'kubernetes.io/os': 'linux' } },
      [intel],
      [{ matchExpressions: inTerm('linux', 'amd64') }],
    ],
    [
      'other selectors do not matter',
      { nodeSelector: { disk: 'ssd' } },
      [intel],
      [{ matchExpressions: inTerm('linux', 'amd64') }],
    ],
  ])('%s', (_, podSpec, images, terms) => {
    const placement = place(podSpec, images)
    expect(placement.action).toBe('affinity')
    expect(termsOf(placement)).toEqual(terms)
  })

  test('preferred rules and unknown members stay', () => {
    const nodeAffinity = { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1 }], futureField: 1 }
    const placed = place({ affinity: { podAffinity: {}, nodeAffinity } }, [intel]).nodeAffinity
    expect(placed).toMatchObject(nodeAffinity)
    const required = { nodeSelectorTerms: [{ matchExpressions: [requirement('a', 'Exists')], later: true }], more: 2 }
    const kept = place({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } } }, [
      intel,
    ])
    expect(kept.nodeAffinity).toMatchObject({
      requiredDuringSchedulingIgnoredDuringExecution: { more: 2, nodeSelectorTerms: [{ later: true }] },
    })
  })
})

describe('no rule is written', () => {
  test.each<[string, PodSpec, readonly ImageFacts[], Partial<PlacementQuestion>, RegExp]>([
    ['one platform in the cluster', {}, [both], { nodes: [node('a', 'linux/arm64')] }, /all nodes have one platform/],
    ['no cluster', {}, [both], { nodes: [] }, /the cluster is not known/],
    [
      'a nodeSelector that fits',
      { nodeSelector: { 'kubernetes.io/arch': 'amd64' } },
      [intel],
      {},
      /already keep it on linux\/amd64: nodeSelector kubernetes.io\/arch=amd64/,
    ],
    [
      'a beta label that fits',
      { nodeSelector: { 'beta.kubernetes.io/arch': 'arm64' } },
      [both],
      {},
      /already keep it on linux\/arm64/,
    ],
    [
      'affinity that fits',
      withTerms({ matchExpressions: [requirement('kubernetes.io/arch', 'In', 'amd64')] }),
      [both],
      {},
      /already keep/,
    ],
    ['nothing known', {}, [image('x')], {}, /not known/],
    ['no image at all', {}, [], {}, /not known/],
    ['bound to a node', { nodeName: 'a1' }, [intel], {}, /bound to node a1/],
    ['bound to a node that is not there', { nodeName: 'zz' }, [intel], {}, /bound to node zz/],
    ['only empty terms', withTerms({}), [intel], {}, /no term that matches/],
    ['no terms in the rule', withTerms(), [intel], {}, /no term that matches/],
  ])('%s', (_, podSpec, images, more, reason) => {
    const placement = place(podSpec, images, more)
    expect(placement.action).toBe('none')
    expect(placement.nodeAffinity).toBeUndefined()
    expect(placement.reasons.join()).toMatch(reason)
  })

  test('a selector that fits here does not when there are windows nodes', () => {
    const nodes = [...mixed, node('w', 'windows/amd64')]
    const placed = place({ nodeSelector: { 'kubernetes.io/arch': 'amd64' } }, [both], { nodes })
    expect(termsOf(placed)).toEqual([{ matchExpressions: inTerm('linux', 'amd64') }])
  })

  test('forced writes it in any cluster and without one', () => {
    for (const nodes of [[], [node('a', 'linux/arm64')]]) {
      expect(termsOf(place({}, [both], { nodes, forced: true }))).toHaveLength(2)
    }
  })
})

describe('conflicts', () => {
  test.each<[string, PodSpec, readonly ImageFacts[], RegExp]>([
    [
      'images that share nothing',
      {},
      [intel, arm],
      /no platform runs all its images: intel has linux\/amd64, arm has linux\/arm64/,
    ],
    [
      'a nodeSelector',
      { nodeSelector: { 'kubernetes.io/arch': 'amd64' } },
      [arm],
      /run on linux\/arm64, which its own rules exclude \(nodeSelector kubernetes.io\/arch=amd64\)/,
    ],
    [
      'a selector with a name that no node has',
      { nodeSelector: { 'kubernetes.io/arch': 'x86_64' } },
      [intel],
      /x86_64/,
    ],
    ['a beta selector', { nodeSelector: { 'beta.kubernetes.io/arch': 'amd64' } }, [arm], /beta/],
    ['a system', { os: { name: 'windows' } }, [intel], /os.name windows/],
    ['In', withTerms({ matchExpressions: [requirement('kubernetes.io/arch', 'In', 'amd64')] }), [arm], /In \[amd64\]/],
    ['NotIn', withTerms({ matchExpressions: [requirement('kubernetes.io/arch', 'NotIn', 'arm64')] }), [arm], /NotIn/],
    [
      'DoesNotExist',
      withTerms({ matchExpressions: [requirement('kubernetes.io/arch', 'DoesNotExist')] }),
      [arm],
      /DoesNotExist/,
    ],
    [
      'selector and terms together',
      {
        nodeSelector: { 'kubernetes.io/arch': 'amd64' },
        ...withTerms({ matchExpressions: [requirement('kubernetes.io/arch', 'In', 'arm64')] }),
      },
      [both],
      /exclude/,
    ],
    [
      'a node that cannot run it',
      { nodeName: 'r1' },
      [intel],
      /bound to node r1, which is linux\/arm64: intel has no linux\/arm64/,
    ],
  ])('%s', (_, podSpec, images, reason) => {
    const placement = place(podSpec, images)
    expect(placement.action).toBe('conflict')
    expect(placement.reasons.join()).toMatch(reason)
    expect(place(podSpec, images, { nodes: mixed.slice(0, 1) }).action).toBe(
      podSpec['nodeName'] === undefined ? 'conflict' : 'none',
    )
  })
})

describe('warnings', () => {
  test('an unknown image is named', () => {
    expect(place({}, [both, { ...image('x'), reason: 'no answer' }]).warnings).toEqual([
      'the platforms of x are not known, so it does not limit where the pod runs: no answer',
    ])
  })

  test('a rule that no node satisfies', () => {
    expect(place({ nodeSelector: { pool: 'arm' } }, [intel]).warnings.join()).toMatch(
      /no node of the cluster.*pool=arm/,
    )
    expect(place({}, [image('z', 'linux/s390x')]).warnings.join()).toMatch(/no node of the cluster.*linux\/s390x/)
  })

  test('sub-platforms are used where nothing else is left', () => {
    expect(place({}, [image('old', 'linux/arm/v7')]).platforms).toEqual([
      { os: 'linux', architecture: 'arm' },
      { os: 'linux', architecture: 'arm64' },
    ])
    expect(place({}, [image('old', 'linux/386'), intel]).platforms).toEqual([{ os: 'linux', architecture: 'amd64' }])
  })
})

describe('tolerations', () => {
  const gke = { key: 'kubernetes.io/arch', operator: 'Equal', value: 'arm64', effect: 'NoSchedule' }
  const other = { key: 'x', operator: 'Exists' }
  test.each<[string, PodSpec, readonly ImageFacts[], unknown]>([
    ['none yet', {}, [both], [gke]],
    ['another one', { tolerations: [other] }, [arm], [other, gke]],
    ['already there', { tolerations: [gke] }, [arm], undefined],
    ['implied', { tolerations: [{ operator: 'Exists' }] }, [arm], undefined],
    ['not arm', {}, [intel], undefined],
    ['kept off arm by its own rule', { nodeSelector: { 'kubernetes.io/arch': 'amd64' } }, [both], undefined],
  ])('of GKE: %s', (_, podSpec, images, tolerations) => {
    for (const nodes of [mixed, []]) {
      expect(place(podSpec, images, { gke: true, nodes }).tolerations).toEqual(tolerations)
    }
  })

  test('of the architecture taints that nodes have, when asked for', () => {
    const taints = [
      { key: 'company.io/arch', value: 'aarch64', effect: 'NoSchedule' },
      { key: 'gpu', value: 'arm64', effect: 'NoSchedule' },
      { key: 'arch', value: 'arm64', effect: 'PreferNoSchedule' },
    ]
    const nodes = [...mixed, node('t', 'linux/arm64', { taints })]
    expect(place({}, [both], { nodes, tolerateTaints: true }).tolerations).toEqual([
      { key: 'company.io/arch', operator: 'Equal', value: 'aarch64', effect: 'NoSchedule' },
    ])
    expect(place({}, [both], { nodes }).tolerations).toBeUndefined()
    expect(place({}, [intel], { nodes, tolerateTaints: true }).tolerations).toBeUndefined()
  })
})

describe('verdicts', () => {
  test.each<[string, readonly string[], string, string]>([
    ['the same', ['linux/amd64'], 'linux/amd64', 'runs'],
    ['a sub-platform', ['linux/arm/v7'], 'linux/arm64', 'runs'],
    ['another', ['linux/amd64'], 'linux/arm64', 'cannotRun'],
    ['another system', ['windows/amd64'], 'linux/amd64', 'cannotRun'],
    ['a higher level', ['linux/amd64/v3'], 'linux/amd64', 'unknown'],
    ['unread', [], 'linux/amd64', 'unknown'],
  ])('%s', (_, platforms, host, expected) => {
    expect(verdict(image('x', ...platforms), { platform: p(host) }).verdict).toBe(expected)
  })

  test('emulation counts where a node is known to have it', () => {
    const answer = verdict(intel, { platform: p('linux/arm64'), emulates: [p('linux/amd64')] })
    expect(answer).toEqual({ verdict: 'emulated', reason: 'intel has linux/amd64, which the node emulates' })
  })

  test('each node says why', () => {
    const tainted = node('t', 'linux/amd64', { taints: [{ key: 'k', value: 'v', effect: 'NoExecute' }] })
    const answers = explainPod({
      podSpec: { nodeSelector: { 'kubernetes.io/os': 'linux' } },
      images: [intel],
      nodes: [...mixed, tainted],
    })
    expect(answers.map(({ node: name, canRun, reason }) => `${name} ${canRun}: ${reason}`)).toEqual([
      'a1 true: its image runs on linux/amd64',
      'a2 true: its image runs on linux/amd64',
      'r1 false: intel has no linux/arm64, only linux/amd64',
      't false: the node has the taint k=v:NoExecute',
    ])
    const pinned = explainPod({
      podSpec: withTerms({ matchExpressions: inTerm('linux', 'arm64') }),
      images: [both],
      nodes: mixed.slice(0, 1),
    })
    expect(pinned[0]?.reason).toBe(
      'node affinity asks for kubernetes.io/os In [linux] and kubernetes.io/arch In [arm64]',
    )
  })
})
