import { ToolError } from '../../errors/index.ts'
import type { Command } from '../command.ts'
import { configFlags, globalFlag, writeSetting } from './config-target.ts'
import { globalFlags } from './shared-flags.ts'

export const configSetCommand: Command = {
  name: 'config set',
  summary: 'Set a value in the global configuration',
  description:
    'Sets a value for the current kubeconfig context, or with -g for all contexts. A value for a list, such as\ninsecure-registries, is added to it. The file is ~/.skaffold/config, which Skaffold reads as well.',
  usage: 'NAME VALUE',
  examples: [
    { text: 'where images go', command: 'catamaran config set -g default-repo registry.example.com/team' },
    {
      text: 'a registry without a certificate',
      command: 'catamaran config set insecure-registries registry.local:5000',
    },
    { text: 'for one context', command: 'catamaran config set -k kind-dev local-cluster true' },
  ],
  flags: [...configFlags, globalFlag, ...globalFlags],
  maxArguments: 2,
  answersOnStdout: true,
  async run(invocation) {
    const [name, value] = invocation.args
    if (name === undefined || value === undefined) {
      throw new ToolError('USAGE', `config set takes a name and a value, not ${invocation.args.length} arguments`, {
        hint: 'catamaran config set NAME VALUE',
      })
    }
    await writeSetting(invocation, name, value)
  },
}
