export type { ContainerLaunch, ContainerSpec, PublishedPort, RunningContainer } from './contract.ts'
export { deployContainers } from './deploy-containers.ts'
export { followContainer } from './follow-containers.ts'
export { removeContainers } from './remove-containers.ts'
