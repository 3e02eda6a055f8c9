import type { Command } from '../command.ts'
import type { CommandSummary } from '../help.ts'

/** A command that is loaded when it is called. */
export interface Entry extends CommandSummary {
  load(): Promise<Command>
}
