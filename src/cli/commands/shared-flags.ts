import type { Flag } from '../flags/index.ts'
import { globalConfigFlag, profileFlags, remoteModuleFlags } from './project-flags.ts'

export { buildFlags, platformChoiceFlags } from './build-flags.ts'
export { deployFlags, portForwardFlag, statusFlags, tailFlag } from './deploy-flags.ts'

/** Flags that every command has. */
export const globalFlags: readonly Flag[] = [
  {
    name: 'verbosity',
    shorthand: 'v',
    type: 'string',
    default: 'warn',
    choices: ['panic', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'],
    description: 'How much is said: info and above also explain choices',
  },
  {
    name: 'progress',
    type: 'string',
    default: 'auto',
    choices: ['auto', 'tty', 'plain', 'json'],
    description: 'How progress is reported; json writes one event a line to stderr',
  },
  {
    name: 'format',
    type: 'string',
    default: 'text',
    choices: ['text', 'json'],
    description: 'json prints a machine-readable answer on stdout and everything else on stderr',
  },
  { name: 'help', shorthand: 'h', type: 'bool', default: 'false', description: 'Show this help' },
  // accepted because Skaffold's users have them in scripts; there is nothing to switch here
  {
    name: 'interactive',
    type: 'bool',
    default: 'true',
    hidden: true,
    description: 'Ask questions when there is a terminal',
  },
  {
    name: 'update-check',
    type: 'bool',
    default: 'true',
    hidden: true,
    description: 'Accepted for compatibility: no update check is made',
  },
  {
    name: 'color',
    type: 'int',
    hidden: true,
    description: 'As in Skaffold, 0 is no colours; others choose none here',
  },
  {
    name: 'force-colors',
    type: 'bool',
    default: 'false',
    hidden: true,
    description: 'Use colours also where there is no terminal, as FORCE_COLOR does',
  },
  {
    name: 'timestamps',
    type: 'bool',
    default: 'false',
    description: 'Print the time before every line of progress',
  },
]

/** Which project is meant. */
export const projectFlags: readonly Flag[] = [
  {
    name: 'filename',
    shorthand: 'f',
    type: 'string',
    default: 'skaffold.yaml',
    placeholder: 'file',
    description: 'The skaffold.yaml to read: a file, a URL, or - for standard input',
  },
  ...profileFlags,
  {
    name: 'module',
    shorthand: 'm',
    type: 'strings',
    placeholder: 'name,…',
    description: 'Only the configurations of these names, and those they require',
  },
  globalConfigFlag,
  ...remoteModuleFlags,
  {
    name: 'assume-yes',
    type: 'bool',
    default: 'false',
    description: 'Take every question as answered with yes',
  },
  {
    name: 'sandbox',
    type: 'optional',
    bare: '2xlinux/amd64,1xlinux/arm64',
    placeholder: 'nodes',
    description: 'Use an embedded registry and a small in-process cluster with these nodes, for this command only',
  },
]

/** How registries are reached. */
export const registryFlags: readonly Flag[] = [
  {
    name: 'insecure-registry',
    type: 'strings',
    placeholder: 'host,…',
    description: 'Registries to reach over plain http or with an unverified certificate',
  },
  {
    name: 'plain-http',
    isOwn: true,
    type: 'bool',
    default: 'false',
    description: 'Reach all registries over http, and never over https',
  },
  {
    name: 'insecure-skip-tls-verify',
    isOwn: true,
    type: 'bool',
    default: 'false',
    description: 'Take any certificate of all registries; http stays out',
  },
  {
    name: 'registry-wait',
    isOwn: true,
    type: 'string',
    default: '1m',
    placeholder: 'duration',
    description: 'How long one request may wait in all for a registry that is busy, Retry-After included',
  },
  {
    name: 'pull-secret',
    isOwn: true,
    type: 'strings',
    placeholder: 'file,…',
    description:
      'Kubernetes pull secrets (kubectl get secret -o json) to log in with, before the logins of this machine',
  },
]

/** Where images go and what they are called. */
export const imageFlags: readonly Flag[] = [
  {
    name: 'default-repo',
    shorthand: 'd',
    type: 'string',
    placeholder: 'registry/path',
    description: 'Registry path that image names are moved under',
  },
  ...registryFlags,
]

/** Which cluster is meant. */
export const clusterFlags: readonly Flag[] = [
  {
    name: 'leave-out-nodes',
    type: 'strings',
    placeholder: 'group,…',
    description: 'Nodes that do not count: cordoned, virtual, control-plane',
  },
  { name: 'kube-context', type: 'string', placeholder: 'context', description: 'Kubeconfig context to use' },
  { name: 'kubeconfig', type: 'string', placeholder: 'file', description: 'Kubeconfig file to use' },
  { name: 'namespace', shorthand: 'n', type: 'string', description: 'Namespace to deploy to' },
]

/** How resources are rendered. */
export const renderFlags = (affinity: boolean): readonly Flag[] => [
  {
    name: 'enable-platform-node-affinity',
    type: 'bool',
    ...(affinity ? {} : { default: 'false' }),
    description: affinity
      ? 'Write node affinity on every cluster (true) or never (false); left out: on mixed clusters'
      : "Write node affinity for the platforms that each pod's images run on",
  },
  {
    name: 'on-platform-conflict',
    type: 'string',
    default: 'error',
    choices: ['error', 'warn'],
    description: "What to do when a pod's images and rules leave it no platform",
  },
  {
    name: 'enable-gke-arm-node-toleration',
    type: 'bool',
    default: 'true',
    hidden: true,
    description: 'On a GKE context, tolerate the taint of arm64 nodes for pods that run there',
  },
  {
    name: 'label',
    shorthand: 'l',
    type: 'strings',
    placeholder: 'key=value,…',
    description: 'Labels to add to every resource',
  },
  {
    name: 'set',
    type: 'strings',
    placeholder: 'name=value,…',
    description: 'Values for manifests and charts that ask for them by name',
  },
  {
    name: 'set-value-file',
    type: 'string',
    placeholder: 'file',
    description: 'A file of NAME=VALUE lines, as --set takes them',
  },
  {
    name: 'resource-selector-rules-file',
    type: 'string',
    placeholder: 'file',
    description: 'Rules that take the place of resourceSelector',
  },
]

/** For the commands that test what they built. */
export const skipTestsFlag: Flag = {
  name: 'skip-tests',
  type: 'bool',
  default: 'false',
  description: 'Leave out the tests of the images that were built',
}
