import { randomBytes } from 'node:crypto'
import type { Condition, Pod } from '../kinds.ts'
import { timestamp } from '../objects.ts'
import { securityViolation } from '../pod-security.ts'
import { quotaRefusal } from '../quota.ts'
import type { ControllerContext } from './loop.ts'
import { podFromTemplate, type PodDraft } from './pod-template.ts'

/** How long a controller waits after a pod was refused. */
export const retryMs = 1000

/** Makes a pod of its owner, or says in an event why admission refuses it. */
export function createPod(
  draft: PodDraft,
  context: ControllerContext,
): { readonly pod: Pod } | { readonly refusal: string } {
  const { tables, recorder } = context
  const object = podFromTemplate(draft)
  const why = refusalOf(object, draft, context)
  if (why === undefined) return { pod: tables.pods.create(object) }
  const { kind, metadata } = draft.owner
  const name = draft.name ?? `${metadata.name}-${randomBytes(3).toString('hex').slice(0, 5)}`
  const refusal = `pods "${name}" is forbidden: ${why}`
  const message =
    kind === 'StatefulSet'
      ? `create Pod ${name} in StatefulSet ${metadata.name} failed error: ${refusal}`
      : `Error creating: ${refusal}`
  recorder.record(draft.owner, { type: 'Warning', reason: 'FailedCreate', message })
  return { refusal }
}

function refusalOf(
  object: object,
  { owner: { metadata }, template, spec }: PodDraft,
  { tables }: ControllerContext,
): string | undefined {
  const namespace = tables.namespaces.get(undefined, metadata.namespace ?? '')
  const violation = securityViolation(namespace, 'enforce', { ...template.spec, ...spec })
  if (violation !== undefined) return `violates ${violation}`
  const quotas = tables.quotas.list(metadata.namespace)
  if (quotas.length === 0) return undefined
  return quotaRefusal({
    key: tables.pods.key,
    object: object as Readonly<Record<string, unknown>>,
    quotas: quotas,
    others: tables.pods.list(metadata.namespace),
  })
}

/** The condition of a ReplicaSet whose pods are refused, and of its Deployment. */
export function replicaFailure(message: string, now: Date): Condition {
  return {
    type: 'ReplicaFailure',
    status: 'True',
    lastTransitionTime: timestamp(now),
    reason: 'FailedCreate',
    message,
  }
}
