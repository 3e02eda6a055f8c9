export type {
  ArtifactBuilder,
  BazelArtifact,
  BuildpacksArtifact,
  CustomArtifact,
  DockerArtifact,
  FileDependencies,
  JibArtifact,
  KanikoArtifact,
  KoArtifact,
} from './artifact-types.ts'
export type {
  Artifact,
  BuildConfig,
  ClusterBuild,
  DeployConfig,
  GoogleCloudBuild,
  LocalBuild,
  PodResources,
  SkaffoldConfig,
  TagPolicy,
} from './types.ts'
export type { HostHook, HostHooks } from './hook-types.ts'
export type {
  HelmConfig,
  HelmFlags,
  HelmRelease,
  KptFunction,
  KustomizeConfig,
  ManifestsConfig,
  RemoteManifest,
  RenderHooks,
  ResourceFilter,
  ResourceSelectorConfig,
} from './manifest-types.ts'
export type {
  DeployHook,
  DeployHooks,
  PortForwardConfig,
  SyncConfig,
  SyncHook,
  SyncRuleConfig,
} from './cluster-types.ts'
export { readResourceSelector } from './resource-selector.ts'
export { resolveCommands } from './template/commands.ts'
export { formatGoTime } from './template/go-time.ts'
export { renderAnswer, renderTemplate, type TemplateOptions } from './template/render-template.ts'
export type { ConfigDocument } from './documents.ts'
export { isUrl } from './source.ts'
export {
  loadDocuments,
  type BuildRepositoryModule,
  type GitModule,
  type LoadedDocuments,
  type LoadOptions,
  type StorageModule,
} from './modules.ts'
export {
  buildConfigs,
  parseConfig,
  type BuildConfigsOptions,
  type ConfigOptions,
  type ConfigSection,
  type ParseConfigOptions,
  type TemplateOutside,
} from './parse-config.ts'
export { describeSupportedFields } from './describe-fields.ts'
export { describeConfigs } from './describe-config.ts'
export { fixConfig, type FixRequest } from './fix-config.ts'
export { configVersions, newestVersion } from './versions.ts'
export { jsonSchemaOf, type JsonSchema } from './json-schema.ts'
export {
  addDependencies,
  changeBuildEnvironment,
  changeJobManifests,
  type EditedFile,
  type EnvironmentChange,
  type JobManifests,
} from './edit-config.ts'
export {
  buildEnvironments,
  inspectConfigs,
  type BuildEnvironment,
  type InspectedAction,
  type InspectedConfig,
} from './inspect-config.ts'
export type { InspectedTest } from './inspect-tests.ts'
export { lintConfigs, type LintFinding } from './lint.ts'
export type { ActionContainer, CustomAction, CustomTest, ExecutionMode, TestCase, VerifyCase } from './action-types.ts'
export { printDocuments as printConfigs, type Plain as PlainValue } from './print-config.ts'
export { findVersion } from './find-version.ts'
export {
  dependsOnContext,
  parseGlobalConfig,
  settingsFor,
  type GlobalConfig,
  type GlobalSettings,
} from './global-config.ts'
export { changeSetting, printGlobalConfig, printSettings, type SettingChange } from './global-config-edit.ts'
