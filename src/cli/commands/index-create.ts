import type { MediaTypeFamily } from '../../image/index.ts'
import { createIndexOf, parseAnnotations, type CreatedIndex } from '../../pipeline/image/index.ts'
import { formatPlatformFully, parsePlatform } from '../../platform/index.ts'
import { parseLocation, renamed, type Location } from '../../transfer/index.ts'
import type { Command, Invocation } from '../command.ts'
import { formatBytes } from '../format-bytes.ts'
import { containerHost } from '../host-platform.ts'
import { writeJson } from './answer.ts'
import { insecureFlag, parsePlaces, withImages } from './image-session.ts'
import { annotationFlag, dryRunFlag, expectDigestFlag, typeFlag } from './index-flags.ts'
import { globalFlags, registryFlags } from './shared-flags.ts'

export const indexCreateCommand: Command = {
  name: 'index create',
  summary: 'Make one index out of images and indexes, and push it',
  description:
    'Reads the sources, brings what is elsewhere to the destination (mounted within a registry, else copied), and writes the index\nunder its tag last. Sources that are indexes give their entries, attestations included. Entries stay in the order given. A source\nor the destination may also be oci:FOLDER[:NAME], oci-archive:FILE, docker-archive:FILE or docker-daemon:NAME.',
  usage: 'DESTINATION SOURCE…',
  examples: [
    {
      text: 'two single-platform images under one name',
      command:
        'catamaran index create reg.example.com/app:1.5 reg.example.com/app-amd64:1.5 reg.example.com/app-arm64:1.5',
    },
    {
      text: 'see what would be pushed',
      command: 'catamaran index create --dry-run reg.example.com/app:1.5 reg.example.com/app-amd64:1.5',
    },
  ],
  flags: [
    {
      name: 'platform',
      type: 'strings',
      placeholder: 'os/arch,…',
      description: 'Only the entries for these platforms, with their attestations',
    },
    annotationFlag,
    {
      name: 'tag',
      shorthand: 't',
      type: 'strings',
      placeholder: 'tag,…',
      description: 'More tags or names for the index',
    },
    typeFlag,
    expectDigestFlag,
    dryRunFlag,
    insecureFlag,
    ...registryFlags,
    ...globalFlags,
  ],
  maxArguments: Number.POSITIVE_INFINITY,
  answersOnStdout: true,
  async run(invocation) {
    const { flags } = invocation
    const [first, ...sources] = parsePlaces(invocation, 2)
    if (first === undefined) return
    const to = [first, ...flags.list('tag').map((text) => placeOfTag(text, first))]
    const family = familyOf(invocation)
    const expectDigest = flags.text('expect-digest')
    const created = await withImages(invocation, [...to, ...sources], async (context) =>
      createIndexOf(context, {
        to,
        sources,
        platforms: flags.list('platform').map((text) => parsePlatform(text, containerHost())),
        annotations: parseAnnotations(flags.values('annotation'), 'index'),
        dryRun: flags.bool('dry-run'),
        ...(family === undefined ? {} : { family }),
        ...(expectDigest === undefined ? {} : { expectDigest }),
      }),
    )
    printIndex(invocation, created)
  },
}

/** A lone word is another tag beside the first; anything else is a name of its own. */
function placeOfTag(text: string, first: Location): Location {
  return /^\w[\w.-]*$/.test(text) ? renamed(first, text) : parseLocation(text)
}

/** What `--type` asks for. */
export function familyOf({ flags }: Invocation): MediaTypeFamily | undefined {
  return flags.text('type') as MediaTypeFamily | undefined
}

/** Prints the names with the digest, and for a dry run the index and what is left to do. */
export function printIndex(invocation: Invocation, { index, written }: CreatedIndex): void {
  const { flags, terminal } = invocation
  const { stdout, stderr } = terminal
  const document: unknown = JSON.parse(new TextDecoder().decode(index.rawManifest))
  if (flags.text('format') === 'json') {
    const answers = written.map(({ reference, plan }) => ({ reference, ...(plan === undefined ? {} : { plan }) }))
    const { digest, mediaType } = index.descriptor
    writeJson(invocation, { digest, mediaType, platforms: platformsOf(index), written: answers, index: document })
    return
  }
  if (flags.bool('dry-run')) stdout.write(`${JSON.stringify(document, undefined, 3)}\n`)
  for (const { reference, plan } of written) {
    if (plan === undefined) stdout.write(`${reference}\n`)
    else {
      const { mounts, uploads, uploadBytes, manifests, requests } = plan
      const ways = `${manifests} manifests, ${mounts} blobs mounted, ${uploads} copied (${formatBytes(uploadBytes)})`
      stderr.write(`would write ${reference} with ${requests} requests: ${ways}\n`)
    }
  }
}

function platformsOf({ index }: CreatedIndex['index']): readonly string[] {
  return index.manifests.flatMap(({ platform }) => (platform === undefined ? [] : [formatPlatformFully(platform)]))
}
