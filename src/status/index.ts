export { followLogs, type LogRequest } from './follow-logs.ts'
export type { LogSelection } from './log-selection.ts'
export { podPlacements, type PodPlacement } from './pod-placements.ts'
export { waitUntilStable, type StatusRequest } from './wait-until-stable.ts'
