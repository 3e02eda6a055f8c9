import type { StoreKey } from '../../store-contract.ts'
import type { JsonObject } from '../json.ts'
import {
  completeBudget,
  completeClaim,
  completeDefinition,
  completeIngress,
  completeNamespace,
  completeNode,
  completeRoleBinding,
  completeSecret,
  completeService,
} from './core.ts'
import { completePod } from './pod.ts'
import {
  completeCronJob,
  completeDaemonSet,
  completeDeployment,
  completeJob,
  completeReplicaSet,
  completeReplicationController,
  completeStatefulSet,
  defaultTemplate,
} from './workloads.ts'
import { changed } from './pod-spec.ts'

type Complete = (object: JsonObject) => JsonObject

const completions: Readonly<Record<string, Complete>> = {
  '/namespaces': completeNamespace,
  '/nodes': completeNode,
  '/persistentvolumeclaims': completeClaim,
  '/pods': completePod,
  '/podtemplates': (object) => ({ ...object, ...changed(object, 'template', defaultTemplate) }),
  '/replicationcontrollers': completeReplicationController,
  '/secrets': completeSecret,
  '/services': completeService,
  'apiextensions.k8s.io/customresourcedefinitions': completeDefinition,
  'apps/daemonsets': completeDaemonSet,
  'apps/deployments': completeDeployment,
  'apps/replicasets': completeReplicaSet,
  'apps/statefulsets': completeStatefulSet,
  'batch/cronjobs': completeCronJob,
  'batch/jobs': completeJob,
  'networking.k8s.io/ingresses': completeIngress,
  'policy/poddisruptionbudgets': completeBudget,
  'rbac.authorization.k8s.io/clusterrolebindings': completeRoleBinding,
  'rbac.authorization.k8s.io/rolebindings': completeRoleBinding,
}

/** An object with the values that a real API server's defaults and admission fill in; again is the same as once. */
export function completeObject({ group, resource }: StoreKey, object: JsonObject): JsonObject {
  return completions[`${group}/${resource}`]?.(object) ?? object
}
