import { resolve } from 'node:path'
import { jsonSchemaOf, newestVersion } from '../../config/index.ts'
import type { Command } from '../command.ts'
import { writeFileWhole } from '../write-file.ts'
import { globalFlags } from './shared-flags.ts'

export const schemaGetCommand: Command = {
  name: 'schema get',
  summary: 'Print the JSON Schema of skaffold.yaml',
  description:
    'Prints the JSON Schema of the newest version, or of the given one, for editors that complete and check YAML. A first line\n"# yaml-language-server: $schema=./skaffold.schema.json" in skaffold.yaml tells them where it is.',
  usage: '[VERSION]',
  examples: [
    { text: 'into a file beside skaffold.yaml', command: 'catamaran schema get -o skaffold.schema.json' },
    { text: 'of an older version', command: 'catamaran schema get skaffold/v2beta29' },
  ],
  flags: [
    { name: 'output', shorthand: 'o', type: 'string', placeholder: 'file', description: 'Write to a file' },
    ...globalFlags,
  ],
  maxArguments: 1,
  answersOnStdout: true,
  async run({ args, flags, terminal, cwd }) {
    const text = `${JSON.stringify(jsonSchemaOf(args[0] ?? newestVersion), undefined, 2)}\n`
    const file = flags.text('output')
    if (file === undefined) terminal.stdout.write(text)
    else await writeFileWhole(resolve(cwd, file), text)
  },
}
