/** Flags of Skaffold that are known here only to be refused by name instead of being called unknown, and what to do instead. */
export const unsupportedFlags: Readonly<Record<string, string>> = {
  'add-skaffold-labels': 'leave it out: labels are as Skaffold has them today',
  'apply-setters': 'pass --set=NAME=VALUE',
  'cloud-run-location': 'write deploy.cloudrun.region',
  'cloud-run-project': 'write deploy.cloudrun.projectid',
  'disable-port-forwarding': 'pass --port-forward=off',
  'events-file': 'write events to a file: --progress=json 2> FILE',
  'last-log-file': 'write the output to a file',
  'load-images': 'leave it out: images are loaded into local clusters by themselves',
  'minikube-profile': 'run "minikube -p PROFILE docker-env" first',
  'port-forward': 'forward the port with kubectl',
  'render-only': 'please use the `catamaran render` command instead',
  'render-output': 'please use the `catamaran render` command instead',
  'skip-render': 'use "catamaran apply" for manifests that were rendered before',
  'status-check': 'leave it out',
}
