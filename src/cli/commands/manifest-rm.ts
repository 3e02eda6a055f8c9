import { removeLists } from '../../pipeline/manifest/index.ts'
import type { Command } from '../command.ts'
import { checkCount, withImages } from './image-session.ts'
import { globalFlags } from './shared-flags.ts'

export const manifestRmCommand: Command = {
  name: 'manifest rm',
  summary: 'Delete one or more manifest lists from local storage',
  description: 'Forgets manifest lists of this machine. What is in registries stays as it is.',
  usage: 'MANIFEST_LIST [MANIFEST_LIST…]',
  examples: [{ text: 'start again', command: 'catamaran manifest rm reg.example.com/app:1.5' }],
  flags: globalFlags,
  maxArguments: Number.POSITIVE_INFINITY,
  answersOnStdout: true,
  async run(invocation) {
    checkCount(invocation.command, invocation.args.length, 1)
    await withImages(invocation, [], async (context) => removeLists(context, invocation.args))
  },
}
