import { expect, test } from 'vitest'
import type { KubeObject } from '../kube/index.ts'
import { groupOfNode, type NodeGroup } from './node-groups.ts'

const all: readonly NodeGroup[] = ['cordoned', 'virtual', 'control-plane']

function aNode(labels: Readonly<Record<string, string>>, spec: object = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', labels }, spec }
}

const master = { 'node-role.kubernetes.io/control-plane': '' }
const taint = (key: string, effect = 'NoSchedule'): object => ({ taints: [{ key, effect }] })

test.each<[string, KubeObject, NodeGroup | undefined]>([
  ['an ordinary node', aNode({}), undefined],
  ['a cordoned one', aNode({}, { unschedulable: true }), 'cordoned'],
  ['a virtual kubelet by its label', aNode({ type: 'virtual-kubelet' }), 'virtual'],
  ['a virtual kubelet by its taint', aNode({}, taint('virtual-kubelet.io/provider')), 'virtual'],
  ['a control plane', aNode(master, taint('node-role.kubernetes.io/control-plane')), 'control-plane'],
  ['a control plane that takes pods', aNode(master), undefined],
  [
    'an old control plane',
    aNode({ 'node-role.kubernetes.io/master': '' }, taint('node-role.kubernetes.io/master')),
    'control-plane',
  ],
  ['another taint', aNode({}, taint('gpu')), undefined],
])('%s', (_, node, group) => {
  expect(groupOfNode(node, all)).toBe(group)
  expect(groupOfNode(node, [])).toBeUndefined()
})
