import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { addDependencies } from '../../config/index.ts'
import { ToolError } from '../../errors/index.ts'
import type { Command } from '../command.ts'
import { answerInspect, editMainConfig, inspectFlags } from './inspect-session.ts'

export const inspectDependenciesAddCommand: Command = {
  name: 'inspect config-dependencies add',
  summary: 'Add required configurations',
  description:
    'Adds the entries of a YAML file, a list as it stands below `requires`, to the configuration, or to those that -m names. The\nfile is written in the newest version, without its comments.',
  usage: 'FILE',
  examples: [{ text: 'to this project', command: 'catamaran inspect config-dependencies add more.yaml' }],
  flags: inspectFlags,
  maxArguments: 1,
  answersOnStdout: true,
  async run(invocation) {
    await answerInspect(invocation, async () => {
      const [file] = invocation.args
      if (file === undefined) {
        throw new ToolError('USAGE', 'inspect config-dependencies add takes a file', {
          hint: 'catamaran inspect config-dependencies add FILE',
        })
      }
      const text = await readFile(resolve(invocation.cwd, file), 'utf8')
      return editMainConfig(invocation, (config) => addDependencies(config, { file, text }))
    })
  },
}
