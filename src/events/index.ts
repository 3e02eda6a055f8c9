export type { BuildEvent, DeployEvent, DevEvent, Emit, Event } from './event.ts'
