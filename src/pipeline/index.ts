export { buildProject } from './build-project.ts'
export type {
  BuildOptions,
  BuiltArtifact,
  Context,
  DeployedResource,
  DeployOptions,
  DeployOutcome,
  DevOptions,
  GivenImage,
  LandedPod,
  Project,
  RenderOptions,
} from './contract.ts'
export { deleteProject, type DeleteProjectOptions } from './delete-project.ts'
export { deployProject, type DeployProjectOptions } from './deploy-project.ts'
export { devProject } from './dev/dev-project.ts'
export { renderProject, type RenderedProject, type RenderProjectOptions } from './render-project.ts'
export { runProject, type RunProjectOptions } from './run-project.ts'
