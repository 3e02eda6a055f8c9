import { printGlobalConfig, printSettings, settingsFor } from '../../config/index.ts'
import type { Command } from '../command.ts'
import { writeJson } from './answer.ts'
import { configContext, configFlags, openGlobalConfig } from './config-target.ts'
import { globalFlags } from './shared-flags.ts'

export const configListCommand: Command = {
  name: 'config list',
  summary: 'List the values of the global configuration',
  description:
    'Prints the values that are set for the current kubeconfig context, without one the global values, and with -a the whole\nfile. With --format json: what takes effect for the context, global values included.',
  examples: [
    { text: 'of the current context', command: 'catamaran config list' },
    { text: 'all', command: 'catamaran config list --all' },
  ],
  flags: [
    ...configFlags,
    { name: 'all', shorthand: 'a', type: 'bool', default: 'false', description: 'Print the values of all contexts' },
    ...globalFlags,
  ],
  maxArguments: 0,
  answersOnStdout: true,
  async run(invocation) {
    const { flags, terminal } = invocation
    const config = await openGlobalConfig(invocation)
    const kubeContext = await configContext(invocation)
    if (flags.text('format') === 'json') {
      const settings = settingsFor(config, kubeContext)
      writeJson(invocation, { file: config.source.file, kubeContext: kubeContext ?? null, settings })
      return
    }
    const text = flags.bool('all') ? printGlobalConfig(config) : printSettings(config, kubeContext)
    if (text !== undefined && text !== '') terminal.stdout.write(`skaffold config: ${config.source.file}\n${text}`)
  },
}
