import { createList } from '../../pipeline/manifest/index.ts'
import { parseAnnotations } from '../../pipeline/image/index.ts'
import { parseLocation } from '../../transfer/index.ts'
import type { Command } from '../command.ts'
import { answerJson } from './answer.ts'
import { checkCount, insecureFlag, withImages } from './image-session.ts'
import { familyOf } from './index-create.ts'
import { annotationFlag, typeFlag } from './index-flags.ts'
import { globalFlags, registryFlags } from './shared-flags.ts'

export const manifestCreateCommand: Command = {
  name: 'manifest create',
  summary: 'Create a local manifest list for annotating and pushing to a registry',
  description:
    'Reads the manifests and keeps the list on this machine until it is pushed, like docker manifest create. Sources may be indexes,\nand may be in other repositories and registries. With --amend, sources that were read before are asked again.',
  usage: 'MANIFEST_LIST MANIFEST [MANIFEST…]',
  examples: [
    {
      text: 'two single-platform images',
      command:
        'catamaran manifest create --amend reg.example.com/app:1.5 reg.example.com/app-amd64:1.5 reg.example.com/app-arm64:1.5',
    },
  ],
  flags: [
    { name: 'amend', shorthand: 'a', type: 'bool', default: 'false', description: 'Amend an existing manifest list' },
    {
      name: 'offline',
      type: 'bool',
      default: 'false',
      description: 'With --amend, believe what was read of a source before instead of asking the registry again',
    },
    annotationFlag,
    typeFlag,
    insecureFlag,
    ...registryFlags,
    ...globalFlags,
  ],
  maxArguments: Number.POSITIVE_INFINITY,
  answersOnStdout: true,
  async run(invocation) {
    const { args, flags, command, terminal } = invocation
    checkCount(command, args.length, 2)
    const [list = '', ...sources] = args
    const family = familyOf(invocation)
    const name = await withImages(invocation, args.map(parseLocation), async (context) =>
      createList(context, {
        list,
        sources,
        amend: flags.bool('amend'),
        offline: flags.bool('offline'),
        annotations: parseAnnotations(flags.values('annotation'), 'index'),
        ...(family === undefined ? {} : { family }),
      }),
    )
    answerJson(invocation, { list: name })
    if (flags.text('format') !== 'json') terminal.stdout.write(`Created manifest list ${name}\n`)
  },
}
