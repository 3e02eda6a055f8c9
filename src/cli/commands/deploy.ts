import { ToolError } from '../../errors/index.ts'
import { deployProject } from '../../pipeline/index.ts'
import type { Command } from '../command.ts'
import { withSession } from '../session.ts'
import { answerJson } from './answer.ts'
import { deployAnswer } from './deploy-answer.ts'
import { givenImageFlags, readGivenImages } from './given-images.ts'
import { deployOptions } from './options.ts'
import { readRenderInputs } from './render-inputs.ts'
import {
  clusterFlags,
  deployFlags,
  globalFlags,
  imageFlags,
  portForwardFlag,
  projectFlags,
  renderFlags,
  statusFlags,
  tailFlag,
} from './shared-flags.ts'

export const deployCommand: Command = {
  name: 'deploy',
  summary: 'Deploy images that were built before',
  description: 'Renders the resources with the given images, applies them and waits until they are ready.',
  examples: [
    { text: 'what "catamaran build --file-output=build.json" built', command: 'catamaran deploy -a build.json' },
    { text: 'an image by name', command: 'catamaran deploy -i app=registry.example.com/team/app:v1' },
  ],
  flags: [
    ...projectFlags,
    ...imageFlags,
    ...clusterFlags,
    ...givenImageFlags,
    {
      name: 'tag',
      shorthand: 't',
      type: 'string',
      description: 'Tag of the images, in place of the one they were given with',
    },
    ...renderFlags(true),
    ...statusFlags,
    ...deployFlags,
    portForwardFlag('off'),
    tailFlag(false),
    ...globalFlags,
  ],
  maxArguments: 0,
  answersOnStdout: false,
  async run(invocation) {
    const { flags } = invocation
    await withSession(invocation, async ({ context, project }) => {
      const given = await readGivenImages(invocation)
      const artifacts = project.configs.flatMap((config) => config.build.artifacts)
      const tag = flags.text('tag')
      if (given === undefined && artifacts.length > 0 && tag === undefined) {
        throw new ToolError('USAGE', 'deploy needs the images that were built', {
          hint: 'pass -a build.json from "catamaran build --file-output=build.json", -i NAME=REFERENCE, or use "catamaran run"',
        })
      }
      const outcome = await deployProject(context, project, {
        given: given ?? [],
        ...(tag === undefined ? {} : { tag }),
        deploy: { ...deployOptions(flags), ...(await readRenderInputs(invocation)) },
      })
      answerJson(invocation, deployAnswer(outcome))
    })
  },
}
