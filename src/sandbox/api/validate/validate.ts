import type { JsonObject, RevisionedStore } from '../../store/index.ts'
import { namespacesKey, quotasKey } from '../../keys.ts'
import type { Entity } from '../../kinds.ts'
import { securityViolation } from '../../pod-security.ts'
import { quotaRefusal } from '../../quota.ts'
import { member, text } from '../catalog.ts'
import { metadataOf, nameOf } from '../metadata.ts'
import type { ApiResource } from '../schema/resources.ts'
import { forbidden, forbiddenField, requiredValue, type FieldProblem } from '../status.ts'
import type { Part } from '../subresources.ts'
import { checkCustomObject } from './custom.ts'
import { checkLabelName, checkLabels, checkQualifiedName, checkServiceName, checkSubdomain } from './names.ts'
import {
  checkCronJob,
  checkImmutable,
  checkJob,
  checkJobKept,
  checkPod,
  checkPodKept,
  checkSelectingWorkload,
  checkSelectorKept,
  checkService,
  checkServiceKept,
  checkStatefulSetKept,
  type Change,
  type Check,
} from './workloads.ts'

const checks: Readonly<Record<string, Check>> = {
  '/pods': checkPod,
  '/services': checkService,
  'apps/daemonsets': checkSelectingWorkload,
  'apps/deployments': checkSelectingWorkload,
  'apps/replicasets': checkSelectingWorkload,
  'apps/statefulsets': checkSelectingWorkload,
  'batch/cronjobs': checkCronJob,
  'batch/jobs': checkJob,
}

const updateChecks: Readonly<Record<string, (change: Change) => readonly FieldProblem[]>> = {
  '/configmaps': checkImmutable,
  '/pods': checkPodKept,
  '/secrets': checkImmutable,
  '/services': checkServiceKept,
  'apps/daemonsets': checkSelectorKept,
  'apps/deployments': checkSelectorKept,
  'apps/replicasets': checkSelectorKept,
  'apps/statefulsets': checkStatefulSetKept,
  'batch/jobs': checkJobKept,
}

function keyOf({ group, resource }: ApiResource): string {
  return `${group}/${resource}`
}

/** What is wrong with a new object, its defaults filled in. */
export function validateNew(resource: ApiResource, object: JsonObject): readonly FieldProblem[] {
  return [...checkMetadata(resource, object), ...validateContent(resource, object)]
}

function validateContent(resource: ApiResource, object: JsonObject): readonly FieldProblem[] {
  if (resource.custom !== undefined) return checkCustomObject(object, resource.custom.schema)
  return checks[keyOf(resource)]?.(object) ?? []
}

function checkMetadata(resource: ApiResource, object: JsonObject): readonly FieldProblem[] {
  const { generateName } = metadataOf(object)
  const name = nameOf(object)
  if (name === '' && text(generateName) === '') {
    return [requiredValue('metadata.name', 'name or generateName is required')]
  }
  return [...(name === '' ? [] : nameCheckOf(resource)('metadata.name', name)), ...checkAttached(object)]
}

function checkAttached(object: JsonObject): readonly FieldProblem[] {
  const metadata = metadataOf(object)
  const keys = Object.keys(member(metadata, 'annotations')).map((key) => key.toLowerCase())
  return [
    ...checkLabels('metadata.labels', member(metadata, 'labels')),
    ...keys.flatMap((key) => checkQualifiedName('metadata.annotations', key)),
  ]
}

function nameCheckOf({ group, resource }: ApiResource): typeof checkSubdomain {
  if (group === '' && resource === 'services') return checkServiceName
  if (group === '' && resource === 'namespaces') return checkLabelName
  if (group === 'rbac.authorization.k8s.io') return () => []
  return checkSubdomain
}

/** What is wrong with the next state of an object. */
export function validateUpdate(
  resource: ApiResource,
  { before, after, part }: Change & { readonly part: Part },
): readonly FieldProblem[] {
  const problems = [...checkAttached(after), ...checkFinalizers(before, after)]
  if (part === 'status') return problems
  return [
    ...problems,
    ...validateContent(resource, after),
    ...(updateChecks[keyOf(resource)]?.({ before, after }) ?? []),
  ]
}

function checkFinalizers(before: JsonObject, after: JsonObject): readonly FieldProblem[] {
  if (metadataOf(before)['deletionTimestamp'] === undefined) return []
  const had = finalizersOf(before)
  const added = finalizersOf(after).filter((one) => !had.includes(one))
  if (added.length === 0) return []
  const shown = `[]string{${added.map((one) => JSON.stringify(one)).join(', ')}}`
  const text = `no new finalizers can be added if the object is being deleted, found new finalizers ${shown}`
  return [forbiddenField('metadata.finalizers', text)]
}

function finalizersOf(object: JsonObject): readonly unknown[] {
  const { finalizers } = metadataOf(object)
  return Array.isArray(finalizers) ? finalizers : []
}

/** What admission refuses: a pod of a ServiceAccount that is not there, what its namespace forbids, and what no quota has room for. */
export function checkAdmission(store: RevisionedStore, resource: ApiResource, object: JsonObject): void {
  checkServiceAccount(store, resource, object)
  const namespace = text(metadataOf(object)['namespace'])
  checkSecurity(store, resource, object)
  const quotas = namespace === '' ? [] : store.list(quotasKey, namespace)
  if (quotas.length === 0) return
  const why = quotaRefusal({ key: resource, object, quotas, others: store.list(resource, namespace) })
  if (why !== undefined) throw forbidden(resource, nameOf(object), { why })
}

function checkSecurity(store: RevisionedStore, resource: ApiResource, object: JsonObject): void {
  if (keyOf(resource) !== '/pods') return
  const why = securityViolation(namespaceOf(store, object), 'enforce', member(object, 'spec'))
  if (why !== undefined) throw forbidden(resource, nameOf(object), { why: `violates ${why}` })
}

/** What its namespace only warns of: in a pod, and in the template of what makes pods. */
export function admissionWarnings(
  store: RevisionedStore,
  resource: ApiResource,
  object: JsonObject,
): readonly string[] {
  const path = podSpecs[keyOf(resource)]
  if (path === undefined) return []
  const podSpec = path.split('.').reduce((at, name) => member(at, name), object)
  const why = securityViolation(namespaceOf(store, object), 'warn', podSpec)
  return why === undefined ? [] : [`would violate ${why}`]
}

const template = 'spec.template.spec'
const podSpecs: Readonly<Record<string, string>> = {
  '/pods': 'spec',
  '/podtemplates': 'template.spec',
  '/replicationcontrollers': template,
  'apps/daemonsets': template,
  'apps/deployments': template,
  'apps/replicasets': template,
  'apps/statefulsets': template,
  'batch/cronjobs': 'spec.jobTemplate.spec.template.spec',
  'batch/jobs': template,
}

function namespaceOf(store: RevisionedStore, object: JsonObject): Entity | undefined {
  return store.get(namespacesKey, undefined, text(metadataOf(object)['namespace']))
}

function checkServiceAccount(store: RevisionedStore, resource: ApiResource, object: JsonObject): void {
  if (keyOf(resource) !== '/pods') return
  const account = text(member(object, 'spec')['serviceAccountName'])
  const namespace = text(metadataOf(object)['namespace'])
  if (account === '' || account === 'default') return
  if (store.get({ group: '', resource: 'serviceaccounts' }, namespace, account) !== undefined) return
  const why = `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`
  throw forbidden(resource, nameOf(object), { why })
}
