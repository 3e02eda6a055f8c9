export { createCloudBuildBuilder } from './cloud-build-builder.ts'
