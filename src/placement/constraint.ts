import type { Platform } from '../platform/index.ts'
import { isMapping, valueAt, type Mapping } from '../resource/index.ts'
import type { PodSpec } from './facts.ts'
import {
  archLabel,
  describeRequirement,
  matchesRequirement,
  osLabel,
  platformLabels,
  readRequirements,
} from './requirement.ts'
import type { Requirement } from './requirement.ts'

/** System and architecture: all that node labels say of a platform. */
export type OsArch = Pick<Platform, 'os' | 'architecture'>

/** One term of the required node affinity. An empty one matches no node. */
export interface Term {
  readonly raw: Mapping
  readonly expressions: readonly Requirement[]
  readonly fields: readonly Requirement[]
  readonly isEmpty: boolean
}

/** What a pod spec itself says about the nodes that it may run on. */
export interface Constraint {
  /** Set: the scheduler is not asked at all. */
  readonly nodeName?: string
  /** `spec.os.name`. */
  readonly osName?: string
  readonly nodeSelector: Readonly<Record<string, string>>
  /** Terms of the required node affinity, any of which has to match; undefined when there is no such rule. */
  readonly terms?: readonly Term[]
  /** Whether a node of this system and architecture could be allowed, whatever its other labels are. */
  allows(platform: OsArch): boolean
  /** Like {@link allows}, looking at one term only. */
  termAllows(term: Term, platform: OsArch): boolean
}

/** Reads `nodeName`, `os`, `nodeSelector` and the required node affinity of a pod spec. */
export function effectiveConstraint(podSpec: PodSpec): Constraint {
  const nodeName = podSpec['nodeName']
  const osName = valueAt(podSpec, ['os', 'name'])
  const nodeSelector = textMembers(podSpec['nodeSelector'])
  const terms = readTerms(podSpec)
  const selects = (platform: OsArch): boolean =>
    (typeof osName !== 'string' || osName === platform.os) &&
    platformEntries(nodeSelector).every(([key, value]) => labelsOf(platform)[key] === value)
  const termAllows = (term: Term, platform: OsArch): boolean =>
    !term.isEmpty &&
    selects(platform) &&
    platformRequirements(term).every((one) => matchesRequirement(one, labelsOf(platform)))
  return {
    ...(typeof nodeName === 'string' && nodeName !== '' ? { nodeName } : {}),
    ...(typeof osName === 'string' ? { osName } : {}),
    nodeSelector,
    ...(terms === undefined ? {} : { terms }),
    termAllows,
    allows: (platform) => (terms === undefined ? selects(platform) : terms.some((term) => termAllows(term, platform))),
  }
}

/** Whether the pod spec has a rule of its own about systems or architectures. */
export function hasPlatformRule(constraint: Constraint): boolean {
  return describeConstraint(constraint).length > 0
}

/** The rules about systems and architectures, in words. */
export function describeConstraint(constraint: Constraint): readonly string[] {
  const os = constraint.osName === undefined ? [] : [`os.name ${constraint.osName}`]
  const selector = platformEntries(constraint.nodeSelector).map(([key, value]) => `nodeSelector ${key}=${value}`)
  const affinity = (constraint.terms ?? [])
    .map((term) => platformRequirements(term).map(describeRequirement).join(' and '))
    .filter((text) => text !== '')
  return [...os, ...selector, ...(affinity.length === 0 ? [] : [`node affinity ${affinity.join(' or ')}`])]
}

/** The names that nodes' labels would have for a platform. */
function labelsOf(platform: OsArch): Readonly<Record<string, string>> {
  return {
    [osLabel]: platform.os,
    [archLabel]: platform.architecture,
    'beta.kubernetes.io/os': platform.os,
    'beta.kubernetes.io/arch': platform.architecture,
  }
}

/** The required node affinity's terms: undefined without the rule, empty when it has none and so matches no node. */
function readTerms(podSpec: PodSpec): readonly Term[] | undefined {
  const required = valueAt(podSpec, ['affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution'])
  if (!isMapping(required)) return undefined
  const list = required['nodeSelectorTerms']
  return (Array.isArray(list) ? (list as readonly unknown[]) : []).map(readTerm)
}

function readTerm(value: unknown): Term {
  const raw = isMapping(value) ? value : {}
  const expressions = readRequirements(raw['matchExpressions'])
  const fields = readRequirements(raw['matchFields'])
  return { raw, expressions, fields, isEmpty: expressions.length + fields.length === 0 }
}

function platformRequirements(term: Term): readonly Requirement[] {
  return term.expressions.filter((requirement) => platformLabels.has(requirement.key))
}

function platformEntries(labels: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(labels).filter(([key]) => platformLabels.has(key))
}

function textMembers(value: unknown): Readonly<Record<string, string>> {
  if (!isMapping(value)) return {}
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}
