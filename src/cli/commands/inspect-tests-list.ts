import { dirname, resolve } from 'node:path'
import type { InspectedTest } from '../../config/index.ts'
import type { Command } from '../command.ts'
import { answerInspect, inspectFlags, inspectProject, type FoundConfig } from './inspect-session.ts'

export const inspectTestsListCommand: Command = {
  name: 'inspect tests list',
  summary: 'List the tests of images',
  description: 'Prints the commands and the files of structure tests that `test` would run, as JSON.',
  examples: [{ text: 'with a profile', command: 'catamaran inspect tests list -p ci' }],
  flags: inspectFlags,
  maxArguments: 0,
  answersOnStdout: true,
  async run(invocation) {
    await answerInspect(invocation, async () => {
      const configs = await inspectProject(invocation)
      return { tests: configs.flatMap((config) => config.tests.map((test) => entryOf(test, config))) }
    })
  },
}

/** Skaffold spells the members of custom tests as in its source. */
function entryOf(test: InspectedTest, { path, isRoot }: FoundConfig): object {
  if (test.kind === 'structure') {
    const { files, args = null } = test
    const structureTest = isRoot ? files : resolve(dirname(path), files)
    return { testType: 'structure-test', structureTest, structureTestArgs: args }
  }
  const { command, timeoutSeconds, dependencies } = test
  const { paths = null, ignore = null } = dependencies ?? {}
  return {
    testType: 'custom-test',
    Command: command,
    TimeoutSeconds: timeoutSeconds,
    Dependencies: dependencies === undefined ? null : { Command: dependencies.command, Paths: paths, Ignore: ignore },
  }
}
