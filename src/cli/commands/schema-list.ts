import { configVersions } from '../../config/index.ts'
import type { Command } from '../command.ts'
import { globalFlags } from './shared-flags.ts'

export const schemaListCommand: Command = {
  name: 'schema list',
  summary: 'List the versions of skaffold.yaml that are read',
  description: 'Prints every apiVersion, oldest first.',
  examples: [{ text: 'as JSON', command: 'catamaran schema list -o json' }],
  flags: [
    {
      name: 'output',
      shorthand: 'o',
      type: 'string',
      default: 'plain',
      choices: ['plain', 'json'],
      description: 'How the list is printed',
    },
    ...globalFlags,
  ],
  maxArguments: 0,
  answersOnStdout: true,
  run({ flags, terminal }) {
    const isJson = flags.text('output') === 'json' || flags.text('format') === 'json'
    terminal.stdout.write(
      isJson ? `${JSON.stringify({ versions: configVersions })}\n` : `${configVersions.join('\n')}\n`,
    )
    return Promise.resolve()
  },
}
