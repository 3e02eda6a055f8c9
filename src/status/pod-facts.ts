import * as v from 'valibot'
import type { KubeObject } from '../kube/index.ts'

/** What status checks need to know about a pod. */
export interface PodFacts {
  readonly name: string
  readonly namespace: string
  readonly uid: string
  readonly labels: Readonly<Record<string, string>>
  readonly owner: { readonly kind: string; readonly name: string; readonly uid: string } | undefined
  readonly isDeleting: boolean
  /** Kubelet has seen the newest version of the spec; true where it does not say. */
  readonly isObserved: boolean
  /** Its spec was changed after it was made. */
  readonly isChanged: boolean
  /** Empty until it is scheduled. */
  readonly node: string
  readonly phase: string
  readonly restartPolicy: string
  readonly conditions: readonly Condition[]
  /** Init containers first, as they start. */
  readonly containers: readonly ContainerFacts[]
}

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

export interface ContainerFacts {
  readonly name: string
  readonly image: string
  /** A sidecar is an init container that goes on running. */
  readonly role: 'init' | 'sidecar' | 'main'
  readonly isReady: boolean
  readonly restartCount: number
  readonly state: ContainerState
  /** How the run before the present one ended. */
  readonly before: Termination | undefined
}

type ContainerState =
  | { readonly is: 'waiting'; readonly reason: string; readonly message: string }
  | { readonly is: 'running' }
  | ({ readonly is: 'terminated' } & Termination)

export interface Termination {
  readonly exitCode: number
  readonly reason: string
  readonly message: string
}

const text = v.nullish(v.string(), '')
const textMap = v.nullish(v.record(v.string(), v.string()), {})

const terminated = v.looseObject({ exitCode: v.nullish(v.number(), 0), reason: text, message: text })

const containerStatus = v.looseObject({
  name: v.string(),
  ready: v.nullish(v.boolean(), false),
  restartCount: v.nullish(v.number(), 0),
  state: v.nullish(
    v.looseObject({
      waiting: v.nullish(v.looseObject({ reason: text, message: text })),
      running: v.nullish(v.looseObject({})),
      terminated: v.nullish(terminated),
    }),
    {},
  ),
  lastState: v.nullish(v.looseObject({ terminated: v.nullish(terminated) }), {}),
})

const containers = v.nullish(v.array(v.looseObject({ name: v.string(), image: text, restartPolicy: text })), [])

/** @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ */
const podSchema = v.looseObject({
  metadata: v.looseObject({
    name: v.string(),
    namespace: text,
    uid: text,
    generation: v.nullish(v.number(), 0),
    labels: textMap,
    deletionTimestamp: v.nullish(v.string()),
    ownerReferences: v.nullish(
      v.array(
        v.looseObject({
          kind: v.string(),
          name: v.string(),
          uid: v.string(),
          controller: v.nullish(v.boolean(), false),
        }),
      ),
      [],
    ),
  }),
  spec: v.nullish(v.looseObject({ nodeName: text, restartPolicy: text, initContainers: containers, containers }), {}),
  status: v.nullish(
    v.looseObject({
      phase: text,
      observedGeneration: v.nullish(v.number()),
      conditions: v.nullish(
        v.array(v.looseObject({ type: v.string(), status: v.string(), reason: text, message: text })),
        [],
      ),
      initContainerStatuses: v.nullish(v.array(containerStatus), []),
      containerStatuses: v.nullish(v.array(containerStatus), []),
    }),
    {},
  ),
})

type Wire = v.InferOutput<typeof podSchema>
type WireStatus = v.InferOutput<typeof containerStatus>

/** Undefined for an object that is no pod of the API. */
export function readPod(object: KubeObject): PodFacts | undefined {
  const outcome = v.safeParse(podSchema, object)
  if (!outcome.success) return undefined
  const { metadata, spec, status } = outcome.output
  const owner = metadata.ownerReferences.find(({ controller }) => controller) ?? metadata.ownerReferences[0]
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    uid: metadata.uid,
    labels: metadata.labels,
    owner: owner === undefined ? undefined : { kind: owner.kind, name: owner.name, uid: owner.uid },
    isDeleting: typeof metadata.deletionTimestamp === 'string',
    isChanged: metadata.generation > 1,
    isObserved: (status.observedGeneration ?? metadata.generation) >= metadata.generation,
    node: spec.nodeName,
    phase: status.phase,
    restartPolicy: spec.restartPolicy,
    conditions: status.conditions,
    containers: containersOf(outcome.output),
  }
}

function containersOf({ spec, status }: Wire): readonly ContainerFacts[] {
  const init = spec.initContainers.map((container) => {
    const role = container.restartPolicy === 'Always' ? 'sidecar' : 'init'
    return { name: container.name, image: container.image, role, from: status.initContainerStatuses } as const
  })
  const main = spec.containers.map(
    ({ name, image }) => ({ name, image, role: 'main', from: status.containerStatuses }) as const,
  )
  return [...init, ...main].map(({ name, image, role, from }) => {
    const found = from.find((each) => each.name === name)
    return { name, image, role, ...runOf(found) }
  })
}

function runOf(status: WireStatus | undefined): Omit<ContainerFacts, 'name' | 'image' | 'role'> {
  return {
    isReady: status?.ready ?? false,
    restartCount: status?.restartCount ?? 0,
    state: stateOf(status),
    before: terminationOf(status?.lastState.terminated),
  }
}

function stateOf(status: WireStatus | undefined): ContainerState {
  const { waiting, running, terminated: ended } = status?.state ?? {}
  const termination = terminationOf(ended)
  if (termination !== undefined) return { is: 'terminated', ...termination }
  if (running !== undefined && running !== null) return { is: 'running' }
  return { is: 'waiting', reason: waiting?.reason ?? '', message: waiting?.message ?? '' }
}

function terminationOf(ended: v.InferOutput<typeof terminated> | null | undefined): Termination | undefined {
  if (ended === undefined || ended === null) return undefined
  return { exitCode: ended.exitCode, reason: ended.reason, message: ended.message }
}
