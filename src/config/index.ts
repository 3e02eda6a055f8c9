export type {
  Artifact,
  BuildConfig,
  CustomArtifact,
  DeployConfig,
  DockerArtifact,
  ManifestsConfig,
  SkaffoldConfig,
  TagPolicy,
} from './types.ts'
export { resolveCommands } from './template/commands.ts'
export { renderTemplate, type TemplateOptions } from './template/render-template.ts'
export { parseConfig, type ParseConfigOptions } from './parse-config.ts'
export { describeSupportedFields } from './describe-fields.ts'
