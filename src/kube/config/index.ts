export { loadKubeconfig } from './load-kubeconfig.ts'
