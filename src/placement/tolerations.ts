import { normalizeArchitecture } from '../platform/index.ts'
import { isMapping, type Mapping } from '../resource/index.ts'
import { hasOsArch } from './common-platforms.ts'
import type { OsArch } from './constraint.ts'
import type { NodeFacts, PodSpec, Taint } from './facts.ts'
import { archLabel } from './requirement.ts'

/** GKE taints its arm64 nodes with this. */
const gkeArmTaint: Taint = { key: archLabel, value: 'arm64', effect: 'NoSchedule' }

/** Which taints a pod shall be made to tolerate. */
export interface TolerationQuestion {
  readonly podSpec: PodSpec
  /** Where the pod may run. */
  readonly platforms: readonly OsArch[]
  readonly nodes: readonly NodeFacts[]
  /** The context is a GKE cluster: its arm64 nodes are tainted, also those that do not exist yet. */
  readonly gke: boolean
  /** Also tolerate the taints of existing nodes that say nothing but their architecture. */
  readonly tolerateTaints: boolean
}

/** The pod's tolerations with those that are missing at the end; undefined when none is missing. */
export function mergeTolerations(question: TolerationQuestion): readonly unknown[] | undefined {
  const before = tolerationsOf(question.podSpec)
  const missing = wantedTaints(question).filter((taint) => !before.some((toleration) => tolerates(toleration, taint)))
  if (missing.length === 0) return undefined
  return [...before, ...missing.map(({ key, value = '', effect }) => ({ key, operator: 'Equal', value, effect }))]
}

/** The first taint that keeps the pod off a node; `PreferNoSchedule` keeps nobody off. */
export function untoleratedTaint(podSpec: PodSpec, node: Pick<NodeFacts, 'taints'>): Taint | undefined {
  const tolerations = tolerationsOf(podSpec)
  return node.taints.find(
    (taint) => taint.effect !== 'PreferNoSchedule' && !tolerations.some((toleration) => tolerates(toleration, taint)),
  )
}

function wantedTaints({ platforms, nodes, gke, tolerateTaints }: TolerationQuestion): readonly Taint[] {
  const own = gke && hasOsArch(platforms, { os: 'linux', architecture: 'arm64' }) ? [gkeArmTaint] : []
  const seen = tolerateTaints
    ? nodes
        .filter((node) => hasOsArch(platforms, node.platform))
        .flatMap((node) => node.taints.filter((taint) => isArchitectureTaint(taint, node)))
    : []
  const all = [...own, ...seen]
  return all.filter(
    (taint, index) =>
      all.findIndex((one) => one.key === taint.key && one.value === taint.value && one.effect === taint.effect) ===
      index,
  )
}

/** A key like `kubernetes.io/arch` or `company.io/cpu-architecture` with the node's own architecture as its value. */
function isArchitectureTaint(taint: Taint, node: NodeFacts): boolean {
  if (taint.effect === 'PreferNoSchedule' || !/(?:^|[./_-])arch(?:itecture)?$/i.test(taint.key)) return false
  return normalizeArchitecture(taint.value ?? '', '').architecture === node.platform.architecture
}

function tolerationsOf(podSpec: PodSpec): readonly Mapping[] {
  const list = podSpec['tolerations']
  return Array.isArray(list) ? (list as readonly unknown[]).filter(isMapping) : []
}

/** @see https://github.com/kubernetes/api/blob/master/core/v1/toleration.go (ToleratesTaint) */
function tolerates(toleration: Mapping, taint: Taint): boolean {
  const [effect, key, operator, value] = ['effect', 'key', 'operator', 'value'].map((name) => toleration[name] ?? '')
  if (effect !== '' && effect !== taint.effect) return false
  if (operator === 'Exists') return key === '' || key === taint.key
  const isEqual = operator === '' || operator === 'Equal'
  return isEqual && key === taint.key && value === (taint.value ?? '')
}
