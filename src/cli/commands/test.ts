import { ToolError } from '../../errors/index.ts'
import { testProject } from '../../pipeline/index.ts'
import type { Command } from '../command.ts'
import { withSession } from '../session.ts'
import { answerJson } from './answer.ts'
import { givenImageFlags, readGivenImages } from './given-images.ts'
import { globalFlags, imageFlags, projectFlags } from './shared-flags.ts'

export const testCommand: Command = {
  name: 'test',
  summary: 'Run the tests of images that were built before',
  description:
    'Runs the commands and structure tests of the `test` section against the given images, and stops at the first that fails.\nCommands have the image in $IMAGE and their folder in $TEST_CONTEXT.',
  examples: [
    { text: 'what "catamaran build --file-output=build.json" built', command: 'catamaran test -a build.json' },
    { text: 'an image by name', command: 'catamaran test -i app=registry.example.com/team/app:v1' },
  ],
  flags: [...projectFlags, ...imageFlags, ...givenImageFlags, ...globalFlags],
  maxArguments: 0,
  answersOnStdout: false,
  async run(invocation) {
    await withSession(invocation, async ({ context, project }) => {
      const given = await readGivenImages(invocation)
      if (given === undefined) {
        throw new ToolError('USAGE', 'test needs the images that were built', {
          hint: 'pass -a build.json from "catamaran build --file-output=build.json", or -i NAME=REFERENCE',
        })
      }
      const tested = await testProject(context, project, { given })
      answerJson(invocation, { tested: tested.map(({ image, reference }) => ({ imageName: image, tag: reference })) })
    })
  },
}
