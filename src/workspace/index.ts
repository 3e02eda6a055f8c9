export { listContext, type ContextFile, type ListContextOptions } from './context.ts'
export { gitFacts, type GitFacts, type GitOutside } from './git-facts.ts'
export { expandGlobs, type ExpandGlobsOptions } from './globs.ts'
export { parseIgnoreFile, type IgnoreRules } from './ignore.ts'
