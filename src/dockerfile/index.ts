export type { BuildTarget } from './build-target.ts'
export { checkInstruction, checkSupported, isUrlSource } from './check-supported.ts'
export { contextSources, type ContextSource } from './context-sources.ts'
export { formatGoDuration, parseGoDuration } from './duration.ts'
export { expandInstruction, type ExpandedInstruction, type Scope } from './expand-instruction.ts'
export type { Variables } from './expand.ts'
export { withInherited, type Inherited } from './inherit.ts'
export { isGitSource, isPinnedGitSource, parseGitUrl, type GitUrl } from './git-source.ts'
export { formatLocation, invalid } from './invalid.ts'
export { parseDockerfile, parseTrigger } from './parse.ts'
export { findOrigin, nameStage, planBuild, type BuildPlan, type Origin, type PlannedStage } from './plan.ts'
export type {
  ArgInstruction,
  CommandInstruction,
  CommandLine,
  CopyInstruction,
  Dockerfile,
  ExposeInstruction,
  HealthcheckInstruction,
  Heredoc,
  Instruction,
  Location,
  NamedValue,
  PairsInstruction,
  RunInstruction,
  Stage,
} from './types.ts'
