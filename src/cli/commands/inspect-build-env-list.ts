import type { Command } from '../command.ts'
import { answerInspect, inspectFlags, inspectProject } from './inspect-session.ts'

export const inspectBuildEnvListCommand: Command = {
  name: 'inspect build-env list',
  summary: 'List where the images of a project are built',
  description: 'Prints the build environment of every configuration with its active profiles, as JSON.',
  examples: [{ text: 'with a profile', command: 'catamaran inspect build-env list -p gcb' }],
  flags: inspectFlags,
  maxArguments: 0,
  answersOnStdout: true,
  async run(invocation) {
    await answerInspect(invocation, async () => ({
      build_envs: (await inspectProject(invocation)).map(({ buildEnvironment, path, name }) => ({
        type: buildEnvironment,
        path,
        ...(name === undefined ? {} : { module: name }),
      })),
    }))
  },
}
