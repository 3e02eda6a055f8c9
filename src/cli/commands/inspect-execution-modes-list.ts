import type { Command } from '../command.ts'
import { answerInspect, inspectFlags, inspectProject } from './inspect-session.ts'

export const inspectExecutionModesListCommand: Command = {
  name: 'inspect executionModes list',
  summary: 'List where verifications and actions run',
  description:
    'Prints for every verification and custom action whether it runs on this machine or in the cluster, as JSON.',
  examples: [{ text: 'of this project', command: 'catamaran inspect executionModes list' }],
  flags: inspectFlags,
  maxArguments: 0,
  answersOnStdout: true,
  async run(invocation) {
    await answerInspect(invocation, async () => {
      const configs = await inspectProject(invocation)
      const modes = (section: 'customActions' | 'verify'): Readonly<Record<string, string>> =>
        Object.fromEntries(configs.flatMap((config) => config[section].map(({ name, mode }) => [name, mode] as const)))
      return { verifyExecutionModes: modes('verify'), customActionsExecutionModes: modes('customActions') }
    })
  },
}
