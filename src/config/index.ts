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
