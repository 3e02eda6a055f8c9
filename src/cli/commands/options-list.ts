import type { Command } from '../command.ts'
import { flagHelp } from '../help.ts'
import { createStyle } from '../style.ts'
import { globalFlags } from './shared-flags.ts'

export const optionsCommand: Command = {
  name: 'options',
  summary: 'List the flags that every command has',
  description: 'Prints the flags that can be passed to any command.',
  examples: [{ text: 'all of them', command: 'catamaran options' }],
  flags: globalFlags,
  maxArguments: 0,
  answersOnStdout: true,
  run({ terminal }) {
    const lines = globalFlags
      .filter((flag) => flag.hidden !== true)
      .flatMap((flag) => flagHelp(flag, createStyle(terminal.hasColors), terminal.columns))
    terminal.stdout.write(`The following options can be passed to any command:\n\n${lines.join('\n')}\n`)
    return Promise.resolve()
  },
}
