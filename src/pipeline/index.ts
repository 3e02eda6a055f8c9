export type { NodeGroup } from './node-groups.ts'
export type { PortForwardMode } from './port-forward/contract.ts'
export { buildProject } from './build-project.ts'
export type {
  BuildOptions,
  BuiltArtifact,
  Context,
  DeployedResource,
  DeployOptions,
  DeployOutcome,
  DevControl,
  DevOptions,
  GivenImage,
  LandedPod,
  Project,
  RenderOptions,
} from './contract.ts'
export { debugProject, type DebugProjectOptions } from './debug-project.ts'
export { deleteProject, type DeleteProjectOptions } from './delete-project.ts'
export { deployProject, type DeployProjectOptions } from './deploy-project.ts'
export { devProject } from './dev/dev-project.ts'
export { explainBuilds, type ExplainedBuild } from './explain-builds.ts'
export { runProject, type RunProjectOptions } from './run-project.ts'
export { applyProject, type ApplyProjectOptions } from './apply-project.ts'
export { execAction } from './exec-action.ts'
export { filterResources, type FilterOptions } from './filter-resources.ts'
export { testProject, type TestProjectOptions } from './test-project.ts'
export { verifyProject, type ActionOptions } from './verify-project.ts'
export {
  analyzeProject,
  initProject,
  type Analysis,
  type InitContext,
  type InitOptions,
  type InitResult,
} from './init-project.ts'
export type { InitBuilder } from './init/builders.ts'
export { clusterPlatforms } from './init/cluster-platforms.ts'
export { describeBuilder, type ChooseBuilder, type Pair } from './init/pair.ts'
