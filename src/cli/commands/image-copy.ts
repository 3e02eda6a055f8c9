import type { Command } from '../command.ts'
import { copyCommandNamed } from './copy-command.ts'

export const imageCopyCommand: Command = copyCommandNamed('image copy')
