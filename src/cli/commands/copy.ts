import type { Command } from '../command.ts'
import { copyCommandNamed } from './copy-command.ts'

export const copyCommand: Command = copyCommandNamed('copy')
