import type { SkaffoldConfig } from '../../config/index.ts'
import type { Project } from '../contract.ts'

/** What runs as containers of Docker on this machine, and what is deployed elsewhere. */
export interface DockerSplit {
  readonly docker: Project
  readonly rest: Project
}

/** A configuration may have both: containers here, and manifests for a cluster. */
export function splitDocker(project: Project): DockerSplit {
  return {
    docker: { ...project, configs: project.configs.filter(({ deploy }) => deploy.docker !== undefined) },
    rest: { ...project, configs: project.configs.filter((config) => !isOnlyForDocker(config)) },
  }
}

/** Whether the project goes to Docker on this machine and nowhere else. */
export function isOnlyOnDocker({ configs }: Project): boolean {
  return configs.length > 0 && configs.every(isOnlyForDocker)
}

function isOnlyForDocker({ deploy, manifests }: SkaffoldConfig): boolean {
  const { rawYaml, kpt = [], remoteManifests = [], kustomize, helm } = manifests
  const hasManifests = rawYaml.length + kpt.length + remoteManifests.length > 0
  return (
    deploy.docker !== undefined &&
    !hasManifests &&
    [kustomize, helm, deploy.helm, deploy.cloudrun].every((one) => one === undefined)
  )
}
