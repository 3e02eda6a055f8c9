export { lintProject } from './lint-project.ts'
