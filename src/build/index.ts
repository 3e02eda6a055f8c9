export { createPackBuilder, type PackBuilderParts } from './builders/buildpacks/pack-builder.ts'
export { createCustomBuilder, type CustomBuilderParts } from './builders/custom/custom-builder.ts'
export { createBazelBuilder, type BazelBuilderParts } from './builders/bazel/bazel-builder.ts'
export { createBuildahEngine, type LocalEngineParts } from './builders/buildah/buildah-engine.ts'
export { createDockerEngine } from './builders/docker/docker-engine.ts'
export type { DockerSettings } from './builders/docker/find-docker.ts'
export { createDockerfileBuilder, type DockerfileBuilderParts } from './builders/dockerfile/dockerfile-builder.ts'
export type { Engine, EngineJob, EngineName, EngineState } from './builders/dockerfile/engine.ts'
export type { EngineOutside } from './builders/dockerfile/run-engine.ts'
export { createJibBuilder, type JibBuilderParts } from './builders/jib/jib-builder.ts'
export {
  openClusterSecrets,
  type ClusterSecretNames,
  type ClusterSecrets,
  type ClusterSecretsParts,
  type SecretUse,
} from './builders/cluster/cluster-secrets.ts'
export { createKanikoBuilder, type KanikoBuilderParts } from './builders/kaniko/kaniko-builder.ts'
export type { PodTrouble } from './builders/kaniko/watched-pod.ts'
export { createKoBuilder, type KoBuilderParts } from './builders/ko/ko-builder.ts'
export { inspectBases } from './builders/native/image-store.ts'
export { createNativeBuilder, type NativeBuilderParts } from './builders/native/native-builder.ts'
export { rememberImages, type BuiltImages } from './built-images.ts'
export {
  followRegistry,
  openArtifactRecords,
  type ArtifactRecord,
  type ArtifactRecords,
  type MovingRegistry,
} from './cache/artifact-records.ts'
export { cacheBuilder, type CachedBuilderParts } from './cache/cached-builder.ts'
export { keepDocuments, type KeptDocuments } from './cache/kept-documents.ts'
export { openLayerStore, type LayerStore, type LayerStoreOptions } from './cache/layer-store.ts'
export type {
  AutoSyncRequest,
  Builder,
  BuildRequest,
  BuildResult,
  Explanation,
  ParentImage,
  SyncedFile,
} from './contract.ts'
export { artifactHookVariables, runHostHooks, type HookOutside } from './hooks.ts'
export { withIndexType } from './index-type.ts'
export { limitBuilder } from './limited.ts'
export type { RegistryTrust } from './registry-trust.ts'
export { withDependants, withRequired } from './required.ts'
export {
  scheduleBuilds,
  type ScheduledBuild,
  type ScheduleOptions,
  type StoredBuild,
  type StoreOptions,
} from './schedule.ts'
