import type { Command, Invocation } from '../command.ts'
import { readVersion } from '../package-version.ts'
import { answerJson } from './answer.ts'
import { globalFlags } from './shared-flags.ts'

export const versionCommand: Command = {
  name: 'version',
  summary: 'Print the version',
  description: 'Prints the version of catamaran; with --format json also those of Node and the platform it runs on.',
  examples: [
    { text: 'the version alone', command: 'catamaran version' },
    { text: 'in a script', command: "catamaran version -o '{{.Version}}'" },
  ],
  flags: [
    {
      name: 'output',
      shorthand: 'o',
      type: 'string',
      placeholder: 'template',
      description: 'Template of what is printed, with .Version, .Node, .Platform and .ConfigVersion',
    },
    ...globalFlags,
  ],
  maxArguments: 0,
  answersOnStdout: true,
  async run(invocation) {
    const version = `v${readVersion()}`
    const answer = { version, node: process.version, platform: `${process.platform}/${process.arch}` }
    const template = invocation.flags.text('output')
    if (template !== undefined) await printFilled(template, { answer, invocation })
    else if (invocation.flags.text('format') === 'json') answerJson(invocation, answer)
    else invocation.terminal.stdout.write(`${version}\n`)
  },
}

/** Loaded only when asked for: the plain version is what scripts ask for again and again. */
async function printFilled(template: string, { answer, invocation }: Filled): Promise<void> {
  const { renderOutputTemplate } = await import('./output-template.ts')
  const { newestVersion } = await import('../../config/index.ts')
  const configVersion = newestVersion
  invocation.terminal.stdout.write(renderOutputTemplate(template, { ...answer, configVersion }))
}

interface Filled {
  readonly answer: Readonly<Record<string, string>>
  readonly invocation: Invocation
}
