import { pushList } from '../../pipeline/manifest/index.ts'
import { parseLocation } from '../../transfer/index.ts'
import type { Command } from '../command.ts'
import { answerJson } from './answer.ts'
import { checkCount, insecureFlag, withImages } from './image-session.ts'
import { globalFlags, registryFlags } from './shared-flags.ts'

export const manifestPushCommand: Command = {
  name: 'manifest push',
  summary: 'Push a manifest list to a repository',
  description:
    'Brings what the list names to its repository (mounted within a registry, else copied), writes the list under its tag last, and\nprints its digest.',
  usage: 'MANIFEST_LIST',
  examples: [{ text: 'and forget the local list', command: 'catamaran manifest push -p reg.example.com/app:1.5' }],
  flags: [
    {
      name: 'purge',
      shorthand: 'p',
      type: 'bool',
      default: 'false',
      description: 'Remove the local manifest list after push',
    },
    insecureFlag,
    ...registryFlags,
    ...globalFlags,
  ],
  maxArguments: 1,
  answersOnStdout: true,
  async run(invocation) {
    const { args, flags, command, terminal } = invocation
    checkCount(command, args.length, 1)
    const [list = ''] = args
    const pushed = await withImages(invocation, args.map(parseLocation), async (context) =>
      pushList(context, { list, purge: flags.bool('purge') }),
    )
    answerJson(invocation, pushed)
    if (flags.text('format') === 'json') return
    for (const reference of pushed.references) {
      terminal.stdout.write(`Pushed ref ${reference} with digest: ${reference.slice(reference.indexOf('@') + 1)}\n`)
    }
    terminal.stdout.write(`${pushed.digest}\n`)
  },
}
