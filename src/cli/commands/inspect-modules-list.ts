import type { Command } from '../command.ts'
import { answerInspect, inspectFlags, inspectProject } from './inspect-session.ts'

export const inspectModulesListCommand: Command = {
  name: 'inspect modules list',
  summary: 'List the named configurations of a project',
  description: 'Prints the name and file of every configuration that -m can choose, as JSON.',
  examples: [{ text: 'of this folder', command: 'catamaran inspect modules list' }],
  flags: [
    ...inspectFlags,
    { name: 'all', shorthand: 'a', type: 'bool', default: 'false', description: 'Also those without a name' },
  ],
  maxArguments: 0,
  answersOnStdout: true,
  async run(invocation) {
    await answerInspect(invocation, async () => {
      const all = invocation.flags.bool('all')
      const configs = (await inspectProject(invocation)).filter(({ name }) => all || name !== undefined)
      return {
        modules: configs.map(({ name, index, path, isRoot, isRemote }) => ({
          name: name ?? `__config_${index}`,
          path,
          ...(isRemote ? { isRemote } : {}),
          ...(isRoot ? { isRoot } : {}),
        })),
      }
    })
  },
}
