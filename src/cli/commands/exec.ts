import { ToolError } from '../../errors/index.ts'
import { execAction } from '../../pipeline/index.ts'
import type { Command } from '../command.ts'
import { withSession } from '../session.ts'
import { actionFlags, actionOptions } from './action-options.ts'
import { answerJson } from './answer.ts'
import { givenImageFlags } from './given-images.ts'
import { clusterFlags, globalFlags, imageFlags, projectFlags } from './shared-flags.ts'

export const execCommand: Command = {
  name: 'exec',
  summary: 'Run a custom action',
  description:
    'Runs the containers of an action of the `customActions` section to their end, with docker on this machine or as Jobs in the\ncluster.',
  usage: 'ACTION',
  examples: [
    { text: 'an action', command: 'catamaran exec migrate' },
    { text: 'with the images of an earlier build', command: 'catamaran exec migrate -a build.json' },
  ],
  flags: [...projectFlags, ...imageFlags, ...clusterFlags, ...givenImageFlags, ...actionFlags, ...globalFlags],
  maxArguments: 1,
  answersOnStdout: false,
  async run(invocation) {
    const [action] = invocation.args
    if (action === undefined) {
      throw new ToolError('USAGE', 'exec takes the name of a custom action', { hint: 'catamaran exec ACTION' })
    }
    await withSession(invocation, async ({ context, project }) => {
      const containers = await execAction(context, project, { action, ...(await actionOptions(invocation)) })
      answerJson(invocation, { action, containers })
    })
  },
}
