export { openEventApi } from './open-event-api.ts'
export type { EventApi } from './open-event-api.ts'
