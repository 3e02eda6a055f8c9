import { describe, expect, test } from 'vitest'
import type { NodeObject, Pod, PodSpec } from '../kinds.ts'
import { decide, type ClusterView } from './decide.ts'

const archKey = 'kubernetes.io/arch'

function node(name: string, members: { labels?: object; spec?: object; allocatable?: object } = {}): NodeObject {
  const architecture = name.includes('arm64') ? 'arm64' : 'amd64'
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: { name, uid: name, labels: { [archKey]: architecture, 'kubernetes.io/os': 'linux', ...members.labels } },
    spec: members.spec ?? {},
    status: { allocatable: { cpu: '8', memory: '32Gi', pods: '110', ...members.allocatable } },
  } as unknown as NodeObject
}

function pod(spec: object = {}, name = 'p', metadata: object = {}): Pod {
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name, namespace: 'n', uid: name, ...metadata },
    spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
  } as unknown as Pod
}

function requiring(...terms: readonly object[]): Partial<PodSpec> {
  return {
    affinity: {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
    },
  }
}

function archIn(...values: readonly string[]): object {
  return { matchExpressions: [{ key: archKey, operator: 'In', values }] }
}

function asking(cpu: string): object {
  return { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu } } }] }
}

const four = [node('amd64-1'), node('amd64-2'), node('arm64-1'), node('arm64-2')]
const cordoned = [
  node('amd64-1', { spec: { unschedulable: true } }),
  node('amd64-2', { spec: { unschedulable: true } }),
]
const taint = { key: archKey, value: 'arm64', effect: 'NoSchedule' }
const tainted = [node('arm64-1t', { spec: { taints: [taint] } }), node('arm64-2t', { spec: { taints: [taint] } })]

function view(nodes: readonly NodeObject[], more: Partial<ClusterView> = {}): ClusterView {
  return { nodes, pods: [], claims: [], ...more }
}

/** Messages of kube-scheduler 1.36.2 for four nodes. */
describe('a pod that fits nowhere', () => {
  const unhelpful =
    'no new claims to deallocate, preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.'

  test.each<[string, object, readonly NodeObject[], string]>([
    ['affinity', requiring(archIn('s390x')), four, "4 node(s) didn't match Pod's node affinity/selector"],
    ['selector', { nodeSelector: { disktype: 'ssd' } }, four, "4 node(s) didn't match Pod's node affinity/selector"],
    ['cpu', asking('900'), four, '4 Insufficient cpu'],
    [
      'selector and cpu',
      { ...asking('900'), nodeSelector: { [archKey]: 'arm64' } },
      four,
      "2 Insufficient cpu, 2 node(s) didn't match Pod's node affinity/selector",
    ],
    [
      'cordon',
      { nodeSelector: { [archKey]: 'amd64' } },
      [...cordoned, ...four.slice(2)],
      "2 node(s) didn't match Pod's node affinity/selector, 2 node(s) were unschedulable",
    ],
    [
      'cordon before cpu',
      asking('900'),
      [...cordoned, ...four.slice(2)],
      '2 Insufficient cpu, 2 node(s) were unschedulable',
    ],
    [
      'taint',
      { nodeSelector: { [archKey]: 'arm64' } },
      [...four.slice(0, 2), ...tainted],
      "2 node(s) didn't match Pod's node affinity/selector, 2 node(s) had untolerated taint(s)",
    ],
  ])('%s', (_, spec, nodes, reasons) => {
    expect(decide(pod(spec), view(nodes))).toEqual({
      unschedulable: `0/4 nodes are available: ${reasons}. ${unhelpful}`,
    })
  })

  test('because of other pods could be helped by their end', () => {
    const busy = pod({ ...asking('7'), nodeName: 'amd64-1' }, 'busy')
    expect(decide(pod(asking('2')), view([node('amd64-1')], { pods: [busy] }))).toEqual({
      unschedulable:
        '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: ' +
        '1 No preemption victims found for incoming pod.',
    })
  })

  test('says which claim is missing', () => {
    const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'nope' } }]
    expect(decide(pod({ volumes }), view(four))).toEqual({
      unschedulable: '0/4 nodes are available: persistentvolumeclaim "nope" not found. not found',
    })
    expect(decide(pod({ volumes }), view(four, { claims: ['nope'] }))).toEqual({ node: 'amd64-1' })
  })

  test('when there are no nodes', () => {
    expect(decide(pod(), view([]))).toEqual({ unschedulable: 'no nodes available to schedule pods' })
  })
})

describe('a pod that fits', () => {
  test.each<[string, object, string]>([
    ['without rules goes to the first node', {}, 'amd64-1'],
    ['follows a required affinity', requiring(archIn('arm64')), 'arm64-1'],
    ['needs only one of the terms', requiring(archIn('s390x'), archIn('arm64')), 'arm64-1'],
    [
      'may be pinned by its name',
      requiring({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['arm64-2'] }] }),
      'arm64-2',
    ],
    [
      'follows the weights of what it prefers',
      {
        affinity: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 5, preference: archIn('amd64') },
              { weight: 10, preference: archIn('arm64') },
            ],
          },
        },
      },
      'arm64-1',
    ],
  ])('%s', (_, spec, expected) => {
    expect(decide(pod(spec), view(four))).toEqual({ node: expected })
  })

  test('keeps away from nodes that are to be avoided, unless it tolerates that', () => {
    const avoided = node('amd64-1', { spec: { taints: [{ key: 'x', effect: 'PreferNoSchedule' }] } })
    const nodes = [avoided, node('amd64-2')]
    expect(decide(pod(), view(nodes))).toEqual({ node: 'amd64-2' })
    expect(decide(pod({ tolerations: [{ operator: 'Exists' }] }), view(nodes))).toEqual({ node: 'amd64-1' })
  })

  test('is kept apart from its siblings', () => {
    const ownerReferences = [{ uid: 'owner', controller: true }]
    const sibling = pod({ nodeName: 'amd64-1' }, 'sibling', { ownerReferences })
    const other = pod({ nodeName: 'amd64-2' }, 'other')
    const decision = decide(pod({}, 'p', { ownerReferences }), view(four.slice(0, 2), { pods: [sibling, other] }))
    expect(decision).toEqual({ node: 'amd64-2' })
  })

  test('takes the room of pods that have ended', () => {
    const ended = { ...pod({ ...asking('7'), nodeName: 'amd64-1' }, 'ended'), status: { phase: 'Succeeded' } }
    expect(decide(pod(asking('2')), view([node('amd64-1')], { pods: [ended] }))).toEqual({ node: 'amd64-1' })
  })
})
