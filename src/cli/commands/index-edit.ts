import { editIndex, parseAnnotations } from '../../pipeline/image/index.ts'
import { parseLocation } from '../../transfer/index.ts'
import type { Command } from '../command.ts'
import { insecureFlag, parsePlaces, withImages } from './image-session.ts'
import { familyOf, printIndex } from './index-create.ts'
import { annotationFlag, dryRunFlag, expectDigestFlag, typeFlag } from './index-flags.ts'
import { globalFlags, registryFlags } from './shared-flags.ts'

export const indexEditCommand: Command = {
  name: 'index edit',
  summary: 'Add, replace, remove or annotate entries of an index',
  description:
    'Changes an index under its tag. Everything that is not asked for stays as it is. The tag is written only if it still points at\nwhat was read, and is read back afterwards.',
  usage: 'INDEX',
  examples: [
    {
      text: 'a new build for one platform',
      command: 'catamaran index edit reg.example.com/app:1.5 --replace reg.example.com/app-arm64:1.5.1',
    },
    { text: 'one platform less', command: 'catamaran index edit reg.example.com/app:1.5 --remove linux/386' },
  ],
  flags: [
    { name: 'add', type: 'strings', placeholder: 'image,…', description: 'Images and indexes to put in at the end' },
    {
      name: 'replace',
      type: 'strings',
      placeholder: 'image,…',
      description: 'Images and indexes to put in the place of the entries for the same platforms',
    },
    {
      name: 'remove',
      type: 'strings',
      placeholder: 'os/arch|digest,…',
      description: 'Entries to take out, with their attestations',
    },
    annotationFlag,
    {
      name: 'remove-annotation',
      type: 'strings',
      placeholder: 'index:key',
      description: 'Annotations to take away: index:KEY, manifest-descriptor:KEY',
    },
    { ...typeFlag, description: "Write an OCI index or Docker's manifest list; left out: as it is now" },
    { ...expectDigestFlag, placeholder: 'digest', description: 'Change it only if the tag points at this digest' },
    dryRunFlag,
    insecureFlag,
    ...registryFlags,
    ...globalFlags,
  ],
  maxArguments: 1,
  answersOnStdout: true,
  async run(invocation) {
    const { flags } = invocation
    const [index] = parsePlaces(invocation, 1)
    if (index === undefined) return
    const [add, replace] = ['add', 'replace'].map((name) => flags.list(name).map(parseLocation))
    const family = familyOf(invocation)
    const expectDigest = flags.text('expect-digest')
    const edited = await withImages(invocation, [index, ...(add ?? []), ...(replace ?? [])], async (context) =>
      editIndex(context, {
        index,
        add: add ?? [],
        replace: replace ?? [],
        remove: flags.list('remove'),
        annotations: parseAnnotations(flags.values('annotation'), 'index'),
        dropAnnotations: parseAnnotations(
          flags.values('remove-annotation').map((text) => `${text}=`),
          'index',
        ),
        dryRun: flags.bool('dry-run'),
        ...(family === undefined ? {} : { family }),
        ...(expectDigest === undefined ? {} : { expectDigest }),
      }),
    )
    printIndex(invocation, edited)
  },
}
