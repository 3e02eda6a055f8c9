import { inspectManifest, type InspectedManifest, type ManifestDetails } from '../../pipeline/manifest/index.ts'
import { mediaTypes, type Descriptor } from '../../image/index.ts'
import { parseLocation } from '../../transfer/index.ts'
import type { Command } from '../command.ts'
import { checkCount, insecureFlag, withImages } from './image-session.ts'
import { globalFlags, registryFlags } from './shared-flags.ts'

/** docker's -v is not ours here. */
const flagsBesideVerbose = globalFlags.map((flag) => {
  const { shorthand, ...others } = flag
  return shorthand === 'v' ? others : flag
})

export const manifestInspectCommand: Command = {
  name: 'manifest inspect',
  summary: 'Display an image manifest, or manifest list',
  description:
    'Prints a manifest list of this machine or, when there is none of that name, what the registry has. With two arguments, one\nmanifest of a local list.',
  usage: '[MANIFEST_LIST] MANIFEST',
  examples: [
    {
      text: 'the platforms of an image',
      command: 'catamaran manifest inspect reg.example.com/app:1.5 | grep -A 3 platform',
    },
    { text: 'with the manifest of each entry', command: 'catamaran manifest inspect -v reg.example.com/app:1.5' },
  ],
  flags: [
    {
      name: 'verbose',
      shorthand: 'v',
      type: 'bool',
      default: 'false',
      description: 'Output additional info including layers and platform',
    },
    insecureFlag,
    ...registryFlags,
    ...flagsBesideVerbose,
  ],
  maxArguments: 2,
  answersOnStdout: true,
  async run(invocation) {
    const { args, flags, command, terminal } = invocation
    checkCount(command, args.length, 1)
    const [list, manifest] = args.length === 2 ? args : [undefined, args[0]]
    const places = args.filter((text) => !/^sha(?:256|512):/.test(text)).map(parseLocation)
    const text = await withImages(invocation, places, async (context) => {
      const request = { manifest: manifest ?? '', ...(list === undefined ? {} : { list }) }
      const inspected = await inspectManifest(context, request)
      return flags.bool('verbose') ? verboseText(inspected) : plainText(inspected)
    })
    terminal.stdout.write(`${text}\n`)
  },
}

/** Docker indents lists with three spaces and manifests with tabs. */
function plainText({ bytes, isIndex }: InspectedManifest): string {
  return JSON.stringify(JSON.parse(new TextDecoder().decode(bytes)), undefined, isIndex ? 3 : '\t')
}

async function verboseText(inspected: InspectedManifest): Promise<string> {
  const details = (await inspected.details()).map(verboseEntry)
  return JSON.stringify(inspected.isIndex ? details : details[0], undefined, '\t')
}

function verboseEntry({ reference, descriptor, bytes }: ManifestDetails): object {
  const isDocker = descriptor.mediaType === mediaTypes.docker.manifest
  return {
    Ref: reference,
    Descriptor: wireDescriptor(descriptor),
    Raw: Buffer.from(bytes).toString('base64'),
    [isDocker ? 'SchemaV2Manifest' : 'OCIManifest']: JSON.parse(new TextDecoder().decode(bytes)) as unknown,
  }
}

function wireDescriptor({ mediaType, digest, size, platform, annotations, artifactType }: Descriptor): object {
  return {
    mediaType,
    digest,
    size,
    annotations,
    platform:
      platform === undefined
        ? undefined
        : {
            architecture: platform.architecture,
            os: platform.os,
            'os.version': platform.osVersion,
            'os.features': platform.osFeatures,
            variant: platform.variant,
          },
    artifactType,
  }
}
