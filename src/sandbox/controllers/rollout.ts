import type { Condition, PodTemplate } from '../kinds.ts'
import { conditionOf, controllerReference, isControlledBy, isFinished, timestamp } from '../objects.ts'
import type { ControllerContext } from './loop.ts'
import { canonicalJson, templateHash } from './pod-template.ts'
import type { Deployment, ReplicaSet } from '../workloads.ts'

const hashLabel = 'pod-template-hash'
const revisionNote = 'deployment.kubernetes.io/revision'
const historyNote = 'deployment.kubernetes.io/revision-history'

/** A Deployment with the ReplicaSet of its present template, and those of earlier ones, newest first. */
export interface Rollout {
  readonly deployment: Deployment
  /** Absent while a Recreate waits for old pods to end. */
  readonly current: ReplicaSet | undefined
  readonly older: readonly ReplicaSet[]
}

export function newestFirst(replicaSets: readonly ReplicaSet[]): readonly ReplicaSet[] {
  return [...replicaSets].sort((one, other) => revisionOf(other) - revisionOf(one))
}

/** Finds the ReplicaSet of the Deployment's template, or makes it, and gives it the highest revision. */
export function adoptTemplate(
  deployment: Deployment,
  owned: readonly ReplicaSet[],
  context: ControllerContext,
): Rollout {
  const wanted = canonicalJson(deployment.spec.template)
  const found = owned.find((one) => canonicalJson(withoutHash(one.spec.template)) === wanted)
  const older = owned.filter((one) => one !== found)
  const revision = Math.max(0, ...older.map(revisionOf)) + 1
  if (found !== undefined) {
    const current = raiseRevision(found, revision, context)
    noteRevision(deployment, { revision: revisionOf(current), context })
    return { deployment, current, older }
  }
  if (deployment.spec.paused === true) return { deployment, current: undefined, older: [] }
  if (deployment.spec.strategy?.type === 'Recreate' && isAnyRunning(older, context)) {
    return { deployment, current: undefined, older }
  }
  const current = createReplicaSet(deployment, revision, context)
  const condition = {
    reason: 'NewReplicaSetCreated',
    message: `Created new replica set "${current.metadata.name}"`,
  }
  noteRevision(deployment, { revision, context, condition })
  return { deployment, current, older }
}

function isAnyRunning(older: readonly ReplicaSet[], { tables }: ControllerContext): boolean {
  return older.some((one) =>
    tables.pods.list(one.metadata.namespace).some((pod) => isControlledBy(pod, one) && !isFinished(pod)),
  )
}

/** `deployment.kubernetes.io/revision`, 0 when there is none. */
export function revisionOf({ metadata }: ReplicaSet): number {
  return Number(metadata.annotations?.[revisionNote] ?? 0)
}

function withoutHash(template: PodTemplate): PodTemplate {
  const { [hashLabel]: _, ...labels } = template.metadata?.labels ?? {}
  return { ...template, metadata: { ...template.metadata, labels } }
}

function createReplicaSet(deployment: Deployment, revision: number, { tables }: ControllerContext): ReplicaSet {
  const { template, selector, minReadySeconds } = deployment.spec
  const hash = templateHash(template)
  const labels = { ...template.metadata?.labels, [hashLabel]: hash }
  return tables.replicaSets.create({
    kind: 'ReplicaSet',
    apiVersion: 'apps/v1',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace,
      labels,
      annotations: { ...inheritedNotes(deployment), [revisionNote]: String(revision) },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas: 0,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
    status: { replicas: 0 },
  })
}

function inheritedNotes({ metadata }: Deployment): Readonly<Record<string, string>> {
  const notes = Object.entries(metadata.annotations ?? {})
  return Object.fromEntries(
    notes.filter(
      ([key]) => !key.startsWith('deployment.kubernetes.io/') && !key.includes('last-applied-configuration'),
    ),
  )
}

/** A template that comes back gets a new revision, and remembers the ones it had. */
function raiseRevision(replicaSet: ReplicaSet, revision: number, { tables }: ControllerContext): ReplicaSet {
  const before = revisionOf(replicaSet)
  if (before >= revision) return replicaSet
  const history = replicaSet.metadata.annotations?.[historyNote]
  const raised = tables.replicaSets.update(replicaSet, (current) => ({
    ...current,
    metadata: {
      ...current.metadata,
      annotations: {
        ...current.metadata.annotations,
        [revisionNote]: String(revision),
        ...(before > 0 && { [historyNote]: history === undefined ? String(before) : `${history},${before}` }),
      },
    },
  }))
  return raised ?? replicaSet
}

interface RevisionNote {
  readonly revision: number
  readonly context: ControllerContext
  readonly condition?: { readonly reason: string; readonly message: string }
}

function noteRevision(deployment: Deployment, { revision, context, condition }: RevisionNote): void {
  const now = timestamp(context.clock())
  context.tables.deployments.update(deployment, (current) => ({
    ...current,
    metadata: {
      ...current.metadata,
      annotations: { ...current.metadata.annotations, [revisionNote]: String(revision) },
    },
    ...(condition !== undefined && { status: withProgress(current, condition, now) }),
  }))
}

function withProgress(deployment: Deployment, why: { reason: string; message: string }, now: string): object {
  const before = conditionOf(deployment.status?.conditions, 'Progressing')
  const others = (deployment.status?.conditions ?? []).filter(({ type }) => type !== 'Progressing')
  const progressing: Condition = {
    type: 'Progressing',
    status: 'True',
    lastUpdateTime: now,
    lastTransitionTime: before?.status === 'True' ? (before.lastTransitionTime ?? now) : now,
    ...why,
  }
  return { ...deployment.status, conditions: [...others, progressing] }
}
