import type { JsonObject } from '../../store/index.ts'
import { metadataOf } from '../metadata.ts'
import type { ApiResource } from '../schema/resources.ts'
import { createdColumn, nameColumn, type Printer } from './columns.ts'
import {
  autoscalerColumns,
  bindingColumns,
  budgetColumns,
  claimColumns,
  configMapColumns,
  endpointsColumns,
  endpointSliceColumns,
  eventColumns,
  ingressColumns,
  leaseColumns,
  namespaceColumns,
  networkPolicyColumns,
  nodeColumns,
  revisionColumns,
  roleColumns,
  secretColumns,
  serviceAccountColumns,
  serviceColumns,
} from './core.ts'
import { customColumns } from './custom.ts'
import {
  cronJobColumns,
  daemonSetColumns,
  deploymentColumns,
  jobColumns,
  podColumns,
  replicaSetColumns,
  statefulSetColumns,
} from './workloads.ts'

const columnsOfResources: Readonly<Record<string, readonly Printer[]>> = {
  '/configmaps': configMapColumns,
  '/endpoints': endpointsColumns,
  '/events': eventColumns,
  '/namespaces': namespaceColumns,
  '/nodes': nodeColumns,
  '/persistentvolumeclaims': claimColumns,
  '/pods': podColumns,
  '/replicationcontrollers': replicaSetColumns,
  '/secrets': secretColumns,
  '/serviceaccounts': serviceAccountColumns,
  '/services': serviceColumns,
  'apps/controllerrevisions': revisionColumns,
  'apps/daemonsets': daemonSetColumns,
  'apps/deployments': deploymentColumns,
  'apps/replicasets': replicaSetColumns,
  'apps/statefulsets': statefulSetColumns,
  'autoscaling/horizontalpodautoscalers': autoscalerColumns,
  'batch/cronjobs': cronJobColumns,
  'batch/jobs': jobColumns,
  'coordination.k8s.io/leases': leaseColumns,
  'discovery.k8s.io/endpointslices': endpointSliceColumns,
  'networking.k8s.io/ingresses': ingressColumns,
  'networking.k8s.io/networkpolicies': networkPolicyColumns,
  'policy/poddisruptionbudgets': budgetColumns,
  'rbac.authorization.k8s.io/clusterrolebindings': bindingColumns,
  'rbac.authorization.k8s.io/clusterroles': roleColumns,
  'rbac.authorization.k8s.io/rolebindings': bindingColumns,
  'rbac.authorization.k8s.io/roles': roleColumns,
}

/** The columns that kubectl shows of a resource. */
function printersOf({ group, resource, custom }: ApiResource): readonly Printer[] {
  if (custom !== undefined) return customColumns(custom.columns)
  return columnsOfResources[`${group}/${resource}`] ?? [nameColumn, createdColumn]
}

export interface TableOptions {
  readonly resource: ApiResource
  readonly now: Date
  /** `None`, `Metadata` or `Object`: what comes with every row. */
  readonly includeObject: string
  readonly hasColumns: boolean
}

/** The `Table` of some objects. */
export function tableOf(objects: readonly JsonObject[], metadata: JsonObject, options: TableOptions): JsonObject {
  const printers = printersOf(options.resource)
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: options.hasColumns ? printers.map(({ column }) => column) : null,
    rows: objects.map((object) => rowOf(object, printers, options)),
  }
}

function rowOf(
  object: JsonObject,
  printers: readonly Printer[],
  { now, includeObject, resource }: TableOptions,
): JsonObject {
  const cells = printers.map(({ cell }) => cell(object, { now }))
  const conditions = rowConditions(object)
  return {
    cells,
    ...(conditions.length > 0 && { conditions }),
    object: includeObject === 'None' ? null : rowObject(object, includeObject, resource),
  }
}

function rowObject(object: JsonObject, includeObject: string, { group, version, kind }: ApiResource): JsonObject {
  return includeObject === 'Object'
    ? { kind, apiVersion: group === '' ? version : `${group}/${version}`, ...object }
    : partialOf(object)
}

/** A finished pod is marked so that clients may hide it. */
function rowConditions({ kind, status }: JsonObject): readonly JsonObject[] {
  const phase = typeof status === 'object' && status !== null && 'phase' in status ? status.phase : undefined
  if (kind !== undefined && kind !== 'Pod') return []
  if (phase !== 'Succeeded' && phase !== 'Failed') return []
  const message = phase === 'Succeeded' ? 'The pod has completed successfully.' : 'The pod failed.'
  return [{ type: 'Completed', status: 'True', reason: phase, message }]
}

/** An object's metadata alone. */
export function partialOf(object: JsonObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: metadataOf(object) }
}
