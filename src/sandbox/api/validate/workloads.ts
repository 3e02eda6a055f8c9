import { equalJson, isJsonObject, type JsonObject } from '../../store/index.ts'
import { list, member, text } from '../catalog.ts'
import { forbiddenField, invalidValue, requiredValue, unsupportedValue, type FieldProblem } from '../status.ts'
import { checkLabels } from './names.ts'
import { checkPodSpec, checkPort } from './pod-spec.ts'

export type Check = (object: JsonObject) => readonly FieldProblem[]

/** Deployment, ReplicaSet, StatefulSet and DaemonSet: they keep pods that their selector finds. */
export function checkSelectingWorkload(object: JsonObject): readonly FieldProblem[] {
  const spec = member(object, 'spec')
  const template = member(spec, 'template')
  return [
    ...checkCount(spec['replicas'], 'spec.replicas'),
    ...(spec['selector'] === undefined ? [requiredValue('spec.selector')] : []),
    ...checkSelector(spec, template),
    ...checkTemplate(template, 'spec.template'),
    ...checkRestartPolicy(template, ['Always']),
  ]
}

export function checkCount(value: unknown, field: string): readonly FieldProblem[] {
  return typeof value === 'number' && value < 0
    ? [invalidValue(field, value, 'must be greater than or equal to 0')]
    : []
}

function checkSelector(spec: JsonObject, template: JsonObject): readonly FieldProblem[] {
  const selector = member(spec, 'selector')
  const labels = member(member(template, 'metadata'), 'labels')
  const isEmpty = list(selector['matchExpressions']).length + Object.keys(member(selector, 'matchLabels')).length === 0
  if (isEmpty && spec['selector'] !== undefined) {
    return [invalidValue('spec.selector', selector, 'empty selector is invalid for deployment')]
  }
  if (!isEmpty && matchesSelector(selector, labels)) return []
  return [invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')]
}

/** Whether labels are what a LabelSelector asks for. */
function matchesSelector(selector: JsonObject, labels: JsonObject): boolean {
  const isEqual = Object.entries(member(selector, 'matchLabels')).every(([key, value]) => labels[key] === value)
  return isEqual && list(selector['matchExpressions']).every((expression) => matchesExpression(expression, labels))
}

function matchesExpression({ key, operator, values }: JsonObject, labels: JsonObject): boolean {
  const value = labels[text(key)]
  const isListed = Array.isArray(values) && values.includes(value)
  if (operator === 'In') return isListed
  if (operator === 'NotIn') return !isListed
  return operator === 'Exists' ? value !== undefined : value === undefined
}

function checkTemplate(template: JsonObject, at: string): readonly FieldProblem[] {
  return [
    ...checkLabels(`${at}.metadata.labels`, member(member(template, 'metadata'), 'labels')),
    ...checkPodSpec(member(template, 'spec'), `${at}.spec`),
  ]
}

function checkRestartPolicy(template: JsonObject, allowed: readonly string[]): readonly FieldProblem[] {
  const policy = member(template, 'spec')['restartPolicy']
  return allowed.includes(text(policy)) || !['Always', 'OnFailure', 'Never'].includes(text(policy))
    ? []
    : [unsupportedValue('spec.template.spec.restartPolicy', policy, allowed)]
}

export function checkJob(object: JsonObject): readonly FieldProblem[] {
  const spec = member(object, 'spec')
  return checkJobSpec(spec, 'spec')
}

export function checkCronJob(object: JsonObject): readonly FieldProblem[] {
  const spec = member(object, 'spec')
  const schedule = text(spec['schedule']) === '' ? [requiredValue('spec.schedule')] : []
  return [...schedule, ...checkJobSpec(member(member(spec, 'jobTemplate'), 'spec'), 'spec.jobTemplate.spec')]
}

function checkJobSpec(spec: JsonObject, at: string): readonly FieldProblem[] {
  const template = member(spec, 'template')
  const policy = member(template, 'spec')['restartPolicy']
  return [
    ...['parallelism', 'completions', 'backoffLimit'].flatMap((name) => checkCount(spec[name], `${at}.${name}`)),
    ...checkTemplate(template, `${at}.template`),
    ...(policy === 'Always'
      ? [requiredValue(`${at}.template.spec.restartPolicy`, 'valid values: "OnFailure", "Never"')]
      : []),
  ]
}

export function checkPod(object: JsonObject): readonly FieldProblem[] {
  return checkPodSpec(member(object, 'spec'), 'spec')
}

export function checkService(object: JsonObject): readonly FieldProblem[] {
  const spec = member(object, 'spec')
  const ports = list(spec['ports'])
  const isExternal = spec['type'] === 'ExternalName'
  const isHeadless = spec['clusterIP'] === 'None'
  return [
    ...(ports.length === 0 && !isExternal && !isHeadless ? [requiredValue('spec.ports')] : []),
    ...ports.flatMap((port, index) => [
      ...(ports.length > 1 && text(port['name']) === '' ? [requiredValue(`spec.ports[${index}].name`)] : []),
      ...checkPort(port['port'], `spec.ports[${index}].port`),
    ]),
    ...(isExternal && text(spec['externalName']) === '' ? [requiredValue('spec.externalName')] : []),
  ]
}

export interface Change {
  readonly before: JsonObject
  readonly after: JsonObject
}

/** `apps/v1`: the selector of a workload is for life. */
export function checkSelectorKept({ before, after }: Change): readonly FieldProblem[] {
  const selector = member(after, 'spec')['selector']
  return equalJson(member(before, 'spec')['selector'], selector)
    ? []
    : [invalidValue('spec.selector', selector ?? null, 'field is immutable')]
}

const changeableInStatefulSet = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
]

export function checkStatefulSetKept({ before, after }: Change): readonly FieldProblem[] {
  const fixed = (object: JsonObject): JsonObject =>
    Object.fromEntries(
      Object.entries(member(object, 'spec')).filter(([name]) => !changeableInStatefulSet.includes(name)),
    )
  if (equalJson(fixed(before), fixed(after))) return []
  const [last, ...others] = changeableInStatefulSet.map((name) => `'${name}'`).toReversed()
  const names = `${others.toReversed().join(', ')} and ${last ?? ''}`
  return [forbiddenField('spec', `updates to statefulset spec for fields other than ${names} are forbidden`)]
}

export function checkJobKept({ before, after }: Change): readonly FieldProblem[] {
  const isStillSuspended = member(before, 'spec')['suspend'] === true
  return ['completions', 'selector', 'template', 'completionMode'].flatMap((name) => {
    const value = member(after, 'spec')[name]
    if (equalJson(member(before, 'spec')[name], value) || (isStillSuspended && name === 'template')) return []
    return [invalidValue(`spec.${name}`, value ?? null, 'field is immutable')]
  })
}

export function checkServiceKept({ before, after }: Change): readonly FieldProblem[] {
  const was = text(member(before, 'spec')['clusterIP'])
  const is = member(after, 'spec')
  if (was === '' || is['type'] === 'ExternalName' || is['clusterIP'] === was) return []
  return [invalidValue('spec.clusterIPs[0]', [is['clusterIP']], 'may not change once set')]
}

/** ConfigMaps and Secrets that say that they are immutable. */
export function checkImmutable({ before, after }: Change): readonly FieldProblem[] {
  if (before['immutable'] !== true) return []
  const message = 'field is immutable when `immutable` is set'
  return [
    ...(after['immutable'] === true ? [] : [forbiddenField('immutable', message)]),
    ...['data', 'binaryData'].flatMap((name) =>
      equalJson(before[name] ?? {}, after[name] ?? {}) ? [] : [forbiddenField(name, message)],
    ),
  ]
}

const podRule =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,' +
  '`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),' +
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'

/** A pod's spec is for life, but for its images, added tolerations, and placement while gates hold it back. */
export function checkPodKept({ before, after }: Change): readonly FieldProblem[] {
  const old = member(before, 'spec')
  const spec = member(after, 'spec')
  const isGated = list(old['schedulingGates']).length > 0
  const oldTolerations = list(old['tolerations'])
  const tolerations = list(spec['tolerations'])
  const isOnlyAdded = oldTolerations.every((one) => tolerations.some((other) => equalJson(one, other)))
  const isSame = equalJson(fixedPart(old, isGated), fixedPart(spec, isGated))
  const hasNewGate = list(spec['schedulingGates']).some(
    (gate) => !list(old['schedulingGates']).some((one) => one['name'] === gate['name']),
  )
  return isSame && isOnlyAdded && !hasNewGate ? [] : [forbiddenField('spec', podRule)]
}

function fixedPart(spec: JsonObject, isGated: boolean): JsonObject {
  const free = ['activeDeadlineSeconds', 'tolerations', 'terminationGracePeriodSeconds', 'schedulingGates']
  const gated = ['nodeSelector', 'affinity']
  const kept = Object.entries(spec).filter(([name]) => !free.includes(name) && !(isGated && gated.includes(name)))
  const withoutImages = (value: unknown): unknown =>
    Array.isArray(value) ? value.map((one: unknown) => (isJsonObject(one) ? { ...one, image: '' } : one)) : value
  return Object.fromEntries(
    kept.map(([name, value]) => [
      name,
      ['containers', 'initContainers', 'ephemeralContainers'].includes(name) ? withoutImages(value) : value,
    ]),
  )
}
