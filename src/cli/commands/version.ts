import type { Command } from '../command.ts'
import { readVersion } from '../package-version.ts'
import { answerJson } from './answer.ts'
import { globalFlags } from './shared-flags.ts'

export const versionCommand: Command = {
  name: 'version',
  summary: 'Print the version',
  description: 'Prints the version of catamaran; with --format json also those of Node and the platform it runs on.',
  examples: [{ text: 'the version alone', command: 'catamaran version' }],
  flags: globalFlags,
  maxArguments: 0,
  answersOnStdout: true,
  run(invocation) {
    const version = readVersion()
    if (invocation.flags.text('format') === 'json') {
      answerJson(invocation, {
        version: `v${version}`,
        node: process.version,
        platform: `${process.platform}/${process.arch}`,
      })
    } else {
      invocation.terminal.stdout.write(`v${version}\n`)
    }
    return Promise.resolve()
  },
}
