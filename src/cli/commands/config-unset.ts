import { ToolError } from '../../errors/index.ts'
import type { Command } from '../command.ts'
import { configFlags, globalFlag, writeSetting } from './config-target.ts'
import { globalFlags } from './shared-flags.ts'

export const configUnsetCommand: Command = {
  name: 'config unset',
  summary: 'Unset a value in the global configuration',
  description: 'Takes a value away for the current kubeconfig context, or with -g the one for all contexts.',
  usage: 'NAME',
  examples: [{ text: 'the default repo of all contexts', command: 'catamaran config unset -g default-repo' }],
  flags: [...configFlags, globalFlag, ...globalFlags],
  maxArguments: 1,
  answersOnStdout: true,
  async run(invocation) {
    const [name] = invocation.args
    if (name === undefined) {
      throw new ToolError('USAGE', 'config unset takes the name of a value', { hint: 'catamaran config unset NAME' })
    }
    await writeSetting(invocation, name, '')
  },
}
