import type { Pod, Volume } from '../kinds.ts'
import { isAvailable, isControlledBy, isDeleting, isFinished, isReady, requestDeletion } from '../objects.ts'
import type { Controller, ControllerContext } from './loop.ts'
import { templateHash } from './pod-template.ts'
import { createPod } from './create-pod.ts'
import { withoutZeros } from './replica-set.ts'
import type { StatefulSet } from '../workloads.ts'

const hashLabel = 'controller-revision-hash'

/** Keeps numbered pods, one after the other, and replaces them from the highest number down. */
export const statefulSetController: Controller<StatefulSet> = {
  component: 'statefulset-controller',
  table: ({ statefulSets }) => statefulSets,
  dependants: ({ pods }) => [pods],
  surroundings: ({ quotas }) => [quotas],
  reconcile(statefulSet, context) {
    const view = look(statefulSet, context)
    if (!isDeleting(statefulSet)) step(view, context)
    writeStatus(look(statefulSet, context), context)
    const { minReadySeconds = 0 } = statefulSet.spec
    return minReadySeconds > 0 && view.pods.some(isReady) ? 500 : undefined
  },
}

interface View {
  readonly statefulSet: StatefulSet
  readonly revision: string
  /** By number. */
  readonly pods: readonly Pod[]
}

function look(statefulSet: StatefulSet, { tables }: ControllerContext): View {
  const owned = tables.pods.list(statefulSet.metadata.namespace).filter((pod) => isControlledBy(pod, statefulSet))
  const pods = owned.sort((one, other) => ordinalOf(one) - ordinalOf(other))
  return { statefulSet, revision: `${statefulSet.metadata.name}-${templateHash(statefulSet.spec.template)}`, pods }
}

function ordinalOf({ metadata }: Pod): number {
  return Number(/-(\d+)$/.exec(metadata.name)?.[1] ?? -1)
}

/** At most one change a step, unless the pods are managed in parallel. */
function step(view: View, context: ControllerContext): void {
  const { statefulSet, pods } = view
  const wanted = statefulSet.spec.replicas ?? 1
  const isParallel = statefulSet.spec.podManagementPolicy === 'Parallel'
  const now = context.clock()
  for (let ordinal = 0; ordinal < wanted; ordinal += 1) {
    const pod = pods.find((one) => ordinalOf(one) === ordinal)
    if (pod === undefined) create(view, ordinal, context)
    else if (isFinished(pod)) remove(view, pod, context)
    const { minReadySeconds } = statefulSet.spec
    const isSettled = pod !== undefined && !isDeleting(pod) && isAvailable(pod, { minReadySeconds, now })
    if (!isSettled && !isParallel) return
  }
  const surplus = pods.filter((pod) => ordinalOf(pod) >= wanted).reverse()
  for (const pod of surplus) {
    remove(view, pod, context)
    if (!isParallel) return
  }
  replaceOutdated(view, context)
}

function create(view: View, ordinal: number, context: ControllerContext): void {
  const { statefulSet, revision } = view
  const { name, namespace } = statefulSet.metadata
  const podName = `${name}-${ordinal}`
  const claims = claimVolumes(view, podName, context)
  const template = statefulSet.spec.template
  const others = (template.spec.volumes ?? []).filter((volume) => claims.every((claim) => claim.name !== volume.name))
  if (context.tables.pods.get(namespace, podName) !== undefined) return
  const made = createPod(
    {
      owner: statefulSet,
      template,
      name: podName,
      labels: {
        'apps.kubernetes.io/pod-index': String(ordinal),
        [hashLabel]: revision,
        'statefulset.kubernetes.io/pod-name': podName,
      },
      spec: {
        hostname: podName,
        subdomain: statefulSet.spec.serviceName ?? '',
        ...(claims.length > 0 && { volumes: [...others, ...claims] }),
      },
    },
    context,
  )
  if ('refusal' in made) return
  say(view, `Create Pod ${podName} in StatefulSet ${name} successful`, { reason: 'SuccessfulCreate', context })
}

/** Makes the claims that the pod has not got yet; they outlive it. */
function claimVolumes({ statefulSet }: View, podName: string, { tables }: ControllerContext): readonly Volume[] {
  const { namespace } = statefulSet.metadata
  return (statefulSet.spec.volumeClaimTemplates ?? []).map(({ metadata, spec }) => {
    const claimName = `${metadata.name}-${podName}`
    if (tables.claims.get(namespace, claimName) === undefined) {
      const labels = statefulSet.spec.selector.matchLabels ?? {}
      tables.claims.create({
        kind: 'PersistentVolumeClaim',
        apiVersion: 'v1',
        metadata: { ...metadata, name: claimName, namespace, labels },
        spec,
      })
    }
    return { name: metadata.name, persistentVolumeClaim: { claimName } }
  })
}

function remove(view: View, pod: Pod, context: ControllerContext): void {
  if (isDeleting(pod)) return
  requestDeletion(context.tables.pods, pod, context.clock())
  const message = `Delete Pod ${pod.metadata.name} in StatefulSet ${view.statefulSet.metadata.name} successful`
  say(view, message, { reason: 'SuccessfulDelete', context })
}

function say(
  { statefulSet }: View,
  message: string,
  { reason, context }: { readonly reason: string; readonly context: ControllerContext },
): void {
  context.recorder.record(statefulSet, { type: 'Normal', reason, message })
}

function replaceOutdated(view: View, context: ControllerContext): void {
  const { statefulSet, revision, pods } = view
  const { type = 'RollingUpdate', rollingUpdate } = statefulSet.spec.updateStrategy ?? {}
  if (type !== 'RollingUpdate' || pods.some((pod) => isDeleting(pod) || !isReady(pod))) return
  const outdated = pods.filter(
    (pod) => ordinalOf(pod) >= (rollingUpdate?.partition ?? 0) && pod.metadata.labels?.[hashLabel] !== revision,
  )
  const last = outdated.at(-1)
  if (last !== undefined) remove(view, last, context)
}

function writeStatus({ statefulSet, revision, pods }: View, { tables, clock }: ControllerContext): void {
  const now = clock()
  const { minReadySeconds } = statefulSet.spec
  const updated = pods.filter(({ metadata }) => metadata.labels?.[hashLabel] === revision).length
  tables.statefulSets.update(statefulSet, (current) => {
    const isComplete = updated === pods.length && pods.length === (current.spec.replicas ?? 1) && pods.every(isReady)
    const before = current.status?.['currentRevision']
    const currentRevision = isComplete || typeof before !== 'string' || before === '' ? revision : before
    const atCurrent = pods.filter(({ metadata }) => metadata.labels?.[hashLabel] === currentRevision).length
    return {
      ...current,
      status: {
        observedGeneration: current.metadata.generation ?? 1,
        replicas: pods.length,
        ...withoutZeros({
          readyReplicas: pods.filter(isReady).length,
          currentReplicas: atCurrent,
          updatedReplicas: updated,
        }),
        currentRevision,
        updateRevision: revision,
        collisionCount: 0,
        availableReplicas: pods.filter((pod) => isAvailable(pod, { minReadySeconds, now })).length,
      },
    }
  })
}
