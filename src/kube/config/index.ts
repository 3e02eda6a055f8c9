export { loadKubeconfig, type KubeconfigOptions } from './load-kubeconfig.ts'
