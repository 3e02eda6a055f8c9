export { parseAnnotations, type Annotation } from './image/annotations.ts'
export type { ImageContext } from './image/context.ts'
export { copyImage, type BlobCount, type CopiedImage, type CopyRequest, type CopyResult } from './image/copy-image.ts'
export { editIndex, type EditIndexRequest } from './image/edit-index.ts'
export { createIndexOf, type CreatedIndex, type CreateIndexRequest } from './image/create-index.ts'
export { inspectImage, type AttestationReport, type EntryReport, type ImageReport } from './image/inspect-image.ts'
export { listImageTags } from './image/list-tags.ts'
export { verifyImage, type Finding, type Verification, type VerifyRequest } from './image/verify-image.ts'
export type { IndexWritten } from './image/write-index.ts'
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
export { explainBuilds, type ExplainedBuild } from './explain-builds.ts'
export { renderProject, type DigestSource, type RenderedProject, type RenderProjectOptions } from './render-project.ts'
export { runProject, type RunProjectOptions } from './run-project.ts'
export { annotateList, type AnnotateListRequest } from './manifest/annotate-list.ts'
export { createList, type CreateListRequest } from './manifest/create-list.ts'
export {
  inspectManifest,
  type InspectedManifest,
  type InspectListRequest,
  type ManifestDetails,
} from './manifest/inspect-list.ts'
export { pushList, type PushedList, type PushListRequest } from './manifest/push-list.ts'
export { removeLists } from './manifest/remove-lists.ts'
export { logIn, logOut, type LoginRequest } from './login/login.ts'
export { swrLogin, type SwrKeys } from './login/swr-login.ts'
export { applyProject, type ApplyProjectOptions } from './apply-project.ts'
export { execAction } from './exec-action.ts'
export { filterResources, type FilterOptions } from './filter-resources.ts'
export { testProject, type TestProjectOptions } from './test-project.ts'
export { verifyProject, type ActionOptions } from './verify-project.ts'
