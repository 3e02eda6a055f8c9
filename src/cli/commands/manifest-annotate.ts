import { annotateList } from '../../pipeline/manifest/index.ts'
import { parseAnnotations, type Annotation } from '../../pipeline/image/index.ts'
import type { Platform } from '../../platform/index.ts'
import type { Command } from '../command.ts'
import type { ParsedFlags } from '../flags/index.ts'
import { checkCount, withImages } from './image-session.ts'
import { globalFlags } from './shared-flags.ts'

export const manifestAnnotateCommand: Command = {
  name: 'manifest annotate',
  summary: 'Add additional information to a local image manifest',
  description:
    'Changes what a local manifest list says about one of its manifests, which is named as it was in manifest create, or by its\ndigest.',
  usage: 'MANIFEST_LIST MANIFEST',
  examples: [
    {
      text: 'an image whose configuration says the wrong architecture',
      command:
        'catamaran manifest annotate reg.example.com/app:1.5 reg.example.com/app-arm64:1.5 --arch arm64 --variant v8',
    },
  ],
  flags: [
    { name: 'arch', type: 'string', placeholder: 'name', description: 'Set architecture' },
    { name: 'os', type: 'string', placeholder: 'name', description: 'Set operating system' },
    { name: 'os-features', type: 'strings', placeholder: 'name,…', description: 'Set operating system feature' },
    { name: 'os-version', type: 'string', placeholder: 'version', description: 'Set operating system version' },
    { name: 'variant', type: 'string', placeholder: 'name', description: 'Set architecture variant' },
    {
      name: 'annotation',
      type: 'strings',
      placeholder: 'key=value',
      description: "Annotations of the manifest's entry, or of the index: index:KEY=VALUE",
    },
    ...globalFlags,
  ],
  maxArguments: 2,
  answersOnStdout: true,
  async run(invocation) {
    const { args, flags, command } = invocation
    checkCount(command, args.length, 2)
    const [list = '', manifest = ''] = args
    const annotations = parseAnnotations(flags.values('annotation'), 'descriptor')
    await withImages(invocation, [], async (context) =>
      annotateList(context, {
        list,
        manifest,
        platform: platformOf(flags),
        annotations: recordOf(annotations, 'descriptor'),
        indexAnnotations: recordOf(annotations, 'index'),
      }),
    )
  },
}

function platformOf(flags: ParsedFlags): Partial<Platform> {
  const [os, architecture, variant, osVersion] = ['os', 'arch', 'variant', 'os-version'].map((name) => flags.text(name))
  const osFeatures = flags.list('os-features')
  return {
    ...(os === undefined ? {} : { os }),
    ...(architecture === undefined ? {} : { architecture }),
    ...(variant === undefined ? {} : { variant }),
    ...(osVersion === undefined ? {} : { osVersion }),
    ...(osFeatures.length === 0 ? {} : { osFeatures }),
  }
}

function recordOf(annotations: readonly Annotation[], on: Annotation['on']): Readonly<Record<string, string>> {
  return Object.fromEntries(annotations.filter((one) => one.on === on).map(({ key, value }) => [key, value]))
}
