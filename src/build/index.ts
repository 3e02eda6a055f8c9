export { createNativeBuilder, type NativeBuilderParts } from './builders/native/native-builder.ts'
export type { Builder, BuildRequest, BuildResult } from './contract.ts'
export { limitBuilder } from './limited.ts'
export { scheduleBuilds, type ScheduledBuild, type ScheduleOptions, type StoredBuild } from './schedule.ts'
