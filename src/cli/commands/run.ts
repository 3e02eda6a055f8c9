import { runProject } from '../../pipeline/index.ts'
import type { Command } from '../command.ts'
import { withSession } from '../session.ts'
import { answerJson } from './answer.ts'
import { deployAnswer } from './deploy-answer.ts'
import { buildOptions, deployOptions } from './options.ts'
import { readRenderInputs } from './render-inputs.ts'
import {
  buildFlags,
  clusterFlags,
  deployFlags,
  globalFlags,
  imageFlags,
  platformChoiceFlags,
  portForwardFlag,
  projectFlags,
  renderFlags,
  skipTestsFlag,
  statusFlags,
  tailFlag,
} from './shared-flags.ts'

export const runCommand: Command = {
  name: 'run',
  summary: 'Build, render and deploy once',
  description:
    "Builds every image for the platforms of the cluster's nodes, writes node affinity so that each pod lands only where all\nits images run, applies the resources and waits until they are ready.",
  examples: [
    { text: 'with no Docker, registry or cluster', command: 'catamaran run --sandbox' },
    { text: 'to your cluster', command: 'catamaran run --default-repo=registry.example.com/team' },
    { text: 'and follow the logs', command: 'catamaran run --tail' },
  ],
  flags: [
    ...projectFlags,
    ...imageFlags,
    ...buildFlags,
    ...platformChoiceFlags(false),
    ...clusterFlags,
    ...renderFlags(true),
    ...statusFlags,
    ...deployFlags,
    portForwardFlag('off'),
    tailFlag(false),
    skipTestsFlag,
    ...globalFlags,
  ],
  maxArguments: 0,
  answersOnStdout: false,
  async run(invocation) {
    const { flags } = invocation
    await withSession(invocation, async ({ context, project }) => {
      const outcome = await runProject(context, project, {
        build: buildOptions(flags),
        deploy: { ...deployOptions(flags), ...(await readRenderInputs(invocation)) },
        skipTests: flags.bool('skip-tests'),
      })
      answerJson(invocation, deployAnswer(outcome))
    })
  },
}
