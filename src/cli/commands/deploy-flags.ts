import { cloudRunFlags } from '../cloud-run-flags.ts'
import type { Flag } from '../flags/index.ts'

/** Waiting and following after a deployment. */
export const statusFlags: readonly Flag[] = [
  { name: 'status-check', type: 'bool', default: 'true', description: 'Wait until the resources are ready' },
  {
    name: 'tolerate-failures-until-deadline',
    type: 'bool',
    default: 'false',
    description: 'Keep waiting while pods fail, until the deadline',
  },
  {
    name: 'status-check-selectors',
    type: 'string',
    placeholder: 'file',
    description: 'Custom kinds to wait for: {"selectors": [{"group": "my.domain", "kind": "MyKind"}]}, as patterns',
  },
]

/** How resources are deployed. */
export const deployFlags: readonly Flag[] = [
  ...cloudRunFlags,
  {
    name: 'load-images',
    type: 'bool',
    default: 'false',
    description: 'Load images into a cluster on this machine (kind, k3d, minikube) also when they were built before',
  },
  {
    name: 'force',
    type: 'bool',
    default: 'false',
    description: 'Delete and recreate resources that cannot be changed, which may cause downtime',
  },
  {
    name: 'use-kubectl',
    type: 'bool',
    default: 'false',
    description: 'Apply with kubectl, as flags in deploy.kubectl.flags do by themselves',
  },
  {
    name: 'prune',
    type: 'bool',
    default: 'false',
    description: 'Delete what earlier deployments with the same --label had and this one has not',
  },
  {
    name: 'wait-for-deletions',
    type: 'bool',
    default: 'true',
    description: 'Wait until resources of the same names that are being deleted are gone',
  },
  {
    name: 'wait-for-deletions-max',
    type: 'string',
    default: '1m',
    placeholder: 'duration',
    description: 'How long to wait for them',
  },
  {
    name: 'wait-for-deletions-delay',
    type: 'string',
    default: '2s',
    hidden: true,
    description: 'Accepted for compatibility: deletions are watched',
  },
  {
    name: 'iterative-status-check',
    type: 'bool',
    default: 'true',
    description: 'Wait until the resources of one configuration are ready before the next is deployed',
  },
]

/** Which ports are forwarded; `byDefault` is what stands without the flag. */
export const portForwardFlag = (byDefault: string): Flag => ({
  name: 'port-forward',
  type: 'optional',
  bare: 'true',
  default: byDefault,
  placeholder: 'mode,…',
  description: 'Forward ports of user (portForward), services, debug, pods; alone: user and services; or off',
})

export const tailFlag = (onByDefault: boolean): Flag => ({
  name: 'tail',
  type: 'bool',
  default: String(onByDefault),
  description: 'Follow the logs of the deployed containers',
})
