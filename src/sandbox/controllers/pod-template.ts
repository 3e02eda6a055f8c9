import { createHash } from 'node:crypto'
import type { Entity, Pod, PodSpec, PodTemplate } from '../kinds.ts'
import { controllerReference } from '../objects.ts'

/** A pod to be made from its owner's template. */
export interface PodDraft {
  readonly owner: Entity
  readonly template: PodTemplate
  /** Absent: a generated name that begins with the owner's. */
  readonly name?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly spec?: Partial<PodSpec>
}

/** The object to create; what admission adds to every pod is the store's to add. */
export function podFromTemplate({ owner, template, name, labels, finalizers, spec }: PodDraft): object {
  const generateName = `${owner.metadata.name}-`
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      ...(name === undefined ? { generateName } : { name, generateName }),
      namespace: owner.metadata.namespace,
      labels: { ...template.metadata?.labels, ...labels },
      annotations: { ...template.metadata?.annotations },
      ownerReferences: [controllerReference(owner)],
      ...(finalizers === undefined ? {} : { finalizers }),
    },
    spec: { ...template.spec, ...spec },
    status: { phase: 'Pending' },
  }
}

const letters = 'bcdfghjklmnpqrstvwxz2456789'

/** A short name for a template's content, in the letters that Kubernetes uses for `pod-template-hash`. */
export function templateHash(template: unknown): string {
  const number = createHash('sha256').update(canonicalJson(template)).digest().readUInt32BE(0)
  return Array.from(String(number), (digit) => letters[digit.charCodeAt(0) % letters.length]).join('')
}

/** JSON with sorted members, so that equal templates have equal hashes. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  )
}

/** How many times containers of the pods were started again. */
export function restartsOf(pod: Pod): number {
  return (pod.status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0)
}
