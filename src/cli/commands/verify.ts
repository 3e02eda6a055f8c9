import { verifyProject } from '../../pipeline/index.ts'
import type { Command } from '../command.ts'
import { withSession } from '../session.ts'
import { actionFlags, actionOptions } from './action-options.ts'
import { answerJson } from './answer.ts'
import { givenImageFlags } from './given-images.ts'
import { clusterFlags, globalFlags, imageFlags, projectFlags } from './shared-flags.ts'

export const verifyCommand: Command = {
  name: 'verify',
  summary: 'Run verification containers against what was deployed',
  description:
    'Runs every container of the `verify` section to its end, with docker on this machine or as Jobs in the cluster, and fails when\none of them does.',
  examples: [{ text: 'with the images of an earlier build', command: 'catamaran verify -a build.json' }],
  flags: [...projectFlags, ...imageFlags, ...clusterFlags, ...givenImageFlags, ...actionFlags, ...globalFlags],
  maxArguments: 0,
  answersOnStdout: false,
  async run(invocation) {
    await withSession(invocation, async ({ context, project }) => {
      const verified = await verifyProject(context, project, await actionOptions(invocation))
      answerJson(invocation, { verified })
    })
  },
}
