export { createCloudBuildBuilder, type CloudBuildParts } from './cloud-build-builder.ts'
export type { Clock } from './follow-build.ts'
