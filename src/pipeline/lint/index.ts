export type { LintProject } from './contract.ts'
export { lintProject } from './lint-project.ts'
