import type { NodeObject, Pod, Toleration } from '../kinds.ts'
import {
  countOrPercent,
  isAvailable,
  isControlledBy,
  isDeleting,
  isFinished,
  isReady,
  requestDeletion,
} from '../objects.ts'
import { acceptsNode, untolerated } from '../scheduler/match-node.ts'
import type { Controller, ControllerContext } from './loop.ts'
import { templateHash } from './pod-template.ts'
import { createPod } from './create-pod.ts'
import type { DaemonSet } from '../workloads.ts'

const hashLabel = 'controller-revision-hash'

/** Keeps one pod on each node that the template accepts. */
export const daemonSetController: Controller<DaemonSet> = {
  component: 'daemonset-controller',
  table: ({ daemonSets }) => daemonSets,
  dependants: ({ pods }) => [pods],
  surroundings: ({ nodes, quotas }) => [nodes, quotas],
  reconcile(daemonSet, context) {
    const view = look(daemonSet, context)
    if (!isDeleting(daemonSet)) {
      settle(view, context)
      update(view, context)
    }
    writeStatus(look(daemonSet, context), context)
    const { minReadySeconds = 0 } = daemonSet.spec
    return minReadySeconds > 0 && view.pods.some(isReady) ? 500 : undefined
  },
}

interface View {
  readonly daemonSet: DaemonSet
  readonly hash: string
  readonly pods: readonly Pod[]
  /** The nodes that should have a pod. */
  readonly eligible: readonly NodeObject[]
}

function look(daemonSet: DaemonSet, { tables }: ControllerContext): View {
  const pods = tables.pods.list(daemonSet.metadata.namespace).filter((pod) => isControlledBy(pod, daemonSet))
  const eligible = tables.nodes.list().filter((node) => shouldRunOn(daemonSet, node))
  return { daemonSet, hash: templateHash(daemonSet.spec.template), pods, eligible }
}

function shouldRunOn({ spec }: DaemonSet, node: NodeObject): boolean {
  const tolerations = [...(spec.template.spec.tolerations ?? []), ...daemonTolerations]
  return (
    acceptsNode(spec.template.spec, node) && untolerated(node, tolerations, ['NoSchedule', 'NoExecute']).length === 0
  )
}

/** What the DaemonSet controller adds to its pods, so that a node's own troubles do not drive them away. */
const daemonTolerations: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
]

/** One pod a node, none elsewhere. Pods that ended make room for new ones. */
function settle(view: View, context: ControllerContext): void {
  for (const node of view.eligible) {
    const there = podsOn(view, node.metadata.name)
    for (const pod of there.filter(isFinished)) remove(view, pod, context)
    if (there.length === 0) create(view, node, context)
  }
  const names = new Set(view.eligible.map(({ metadata }) => metadata.name))
  for (const pod of view.pods) {
    if (!names.has(nodeOf(pod)) && !isDeleting(pod)) remove(view, pod, context)
  }
}

/** Where the pod is, or will be: the controller names the node in the pod's affinity. */
function nodeOf({ spec }: Pod): string {
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  return spec.nodeName ?? terms[0]?.matchFields?.[0]?.values?.[0] ?? ''
}

function podsOn({ pods }: View, name: string): readonly Pod[] {
  return pods.filter((pod) => nodeOf(pod) === name)
}

function create({ daemonSet, hash }: View, node: NodeObject, context: ControllerContext): void {
  const { template } = daemonSet.spec
  const made = createPod(
    {
      owner: daemonSet,
      template,
      labels: { [hashLabel]: hash, 'pod-template-generation': String(daemonSet.metadata.generation ?? 1) },
      spec: {
        affinity: pinnedTo(node, template.spec.affinity),
        tolerations: [...(template.spec.tolerations ?? []), ...daemonTolerations],
      },
    },
    context,
  )
  if ('refusal' in made) return
  context.recorder.record(daemonSet, {
    type: 'Normal',
    reason: 'SuccessfulCreate',
    message: `Created pod: ${made.pod.metadata.name}`,
  })
}

/** Replaces every required term: the controller has judged the node by them already. */
function pinnedTo(node: NodeObject, affinity: Pod['spec']['affinity']): NonNullable<Pod['spec']['affinity']> {
  const field = { key: 'metadata.name', operator: 'In', values: [node.metadata.name] }
  return {
    ...affinity,
    nodeAffinity: {
      ...affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [field] }] },
    },
  }
}

function remove({ daemonSet }: View, pod: Pod, { tables, clock, recorder }: ControllerContext): void {
  if (isDeleting(pod)) return
  requestDeletion(tables.pods, pod, clock())
  recorder.record(daemonSet, {
    type: 'Normal',
    reason: 'SuccessfulDelete',
    message: `Deleted pod: ${pod.metadata.name}`,
  })
}

/** RollingUpdate: old pods go, unready ones at once, ready ones while `maxUnavailable` allows. */
function update(view: View, context: ControllerContext): void {
  const { daemonSet, hash, pods, eligible } = view
  const { type = 'RollingUpdate', rollingUpdate } = daemonSet.spec.updateStrategy ?? {}
  if (type !== 'RollingUpdate') return
  const allowed = Math.max(1, countOrPercent(rollingUpdate?.maxUnavailable ?? 1, eligible.length, Math.ceil))
  const now = context.clock()
  const { minReadySeconds } = daemonSet.spec
  const good = pods.filter((pod) => !isDeleting(pod) && isAvailable(pod, { minReadySeconds, now }))
  let spare = allowed - (eligible.length - good.length)
  for (const pod of pods.filter((one) => one.metadata.labels?.[hashLabel] !== hash && !isDeleting(one))) {
    const isGood = good.includes(pod)
    if (isGood && spare <= 0) continue
    if (isGood) spare -= 1
    remove(view, pod, context)
  }
}

function writeStatus(view: View, { tables, clock }: ControllerContext): void {
  tables.daemonSets.update(view.daemonSet, (current) => ({
    ...current,
    status: statusOf({ ...view, daemonSet: current }, clock()),
  }))
}

function statusOf({ daemonSet, hash, pods, eligible }: View, now: Date): object {
  const { minReadySeconds } = daemonSet.spec
  const names = new Set(eligible.map(({ metadata }) => metadata.name))
  const placed = pods.filter((pod) => !isDeleting(pod) && names.has(nodeOf(pod)))
  const misplaced = pods.filter((pod) => !names.has(nodeOf(pod)) && isReady(pod))
  const updated = placed.filter(({ metadata }) => metadata.labels?.[hashLabel] === hash).length
  const available = placed.filter((pod) => isAvailable(pod, { minReadySeconds, now })).length
  return {
    currentNumberScheduled: placed.length,
    numberMisscheduled: misplaced.length,
    desiredNumberScheduled: eligible.length,
    numberReady: placed.filter(isReady).length,
    observedGeneration: daemonSet.metadata.generation ?? 1,
    ...(updated > 0 && { updatedNumberScheduled: updated }),
    ...(available > 0 && { numberAvailable: available }),
    ...(eligible.length > available && { numberUnavailable: eligible.length - available }),
  }
}
