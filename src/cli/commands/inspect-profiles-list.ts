import { buildEnvironments } from '../../config/index.ts'
import type { Command } from '../command.ts'
import { answerInspect, inspectFlags, inspectProject } from './inspect-session.ts'

export const inspectProfilesListCommand: Command = {
  name: 'inspect profiles list',
  summary: 'List the profiles of a project',
  description: 'Prints the name and file of every profile that -p can activate, as JSON.',
  examples: [{ text: 'that build in the cluster', command: 'catamaran inspect profiles list --build-env cluster' }],
  flags: [
    ...inspectFlags,
    {
      name: 'build-env',
      type: 'string',
      choices: buildEnvironments,
      description: 'Only profiles that build there',
    },
  ],
  maxArguments: 0,
  answersOnStdout: true,
  async run(invocation) {
    await answerInspect(invocation, async () => {
      const wanted = invocation.flags.text('build-env')
      const configs = await inspectProject(invocation)
      return {
        profiles: configs.flatMap(({ path, name: module, profiles }) =>
          profiles
            .filter(({ buildEnvironment }) => wanted === undefined || buildEnvironment === wanted)
            .map(({ name }) => ({ name, path, ...(module === undefined ? {} : { module }) })),
        ),
      }
    })
  },
}
