import { copyImage, type CopyResult } from '../../pipeline/image/index.ts'
import { parsePlatform } from '../../platform/index.ts'
import type { Command, Invocation } from '../command.ts'
import { containerHost } from '../host-platform.ts'
import { writeJson } from './answer.ts'
import { formatBytes } from '../format-bytes.ts'
import { insecureFlag, parsePlaces, withImages } from './image-session.ts'
import { globalFlags, registryFlags } from './shared-flags.ts'

/** `catamaran copy`, and the same as `catamaran image copy`. */
export function copyCommandNamed(name: string): Command {
  return {
    name,
    summary: 'Copy images and indexes from one place to another',
    description:
      'Copies everything that the source names, byte for byte, so that digests stay as they are. Signatures and attestations that are\nkept beside the images come along. Places are names in registries, oci:FOLDER[:NAME], oci-archive:FILE[:NAME],\ndocker-archive:FILE[:NAME] and docker-daemon:NAME.',
    usage: 'SOURCE DESTINATION',
    examples: [
      {
        text: 'to another registry',
        command: `catamaran ${name} reg.example.com/app:1.5 other.example.com/team/app:1.5`,
      },
      { text: 'into a folder', command: `catamaran ${name} reg.example.com/app:1.5 oci:app` },
    ],
    flags: [
      {
        name: 'platform',
        type: 'strings',
        placeholder: 'os/arch,…',
        description: 'Only these platforms with their attestations, as a new index with a digest of its own',
      },
      { name: 'all-tags', type: 'bool', default: 'false', description: 'Copy every tag of the source repository' },
      {
        name: 'referrers',
        type: 'bool',
        default: 'true',
        description: 'Copy signatures and attestations that are kept beside the images',
      },
      { name: 'no-referrers', type: 'bool', default: 'false', description: 'The same as --referrers=false' },
      insecureFlag,
      ...registryFlags,
      ...globalFlags,
    ],
    maxArguments: 2,
    answersOnStdout: true,
    run: copy,
  }
}

async function copy(invocation: Invocation): Promise<void> {
  const { flags } = invocation
  const [from, to] = parsePlaces(invocation, 2)
  if (from === undefined || to === undefined) return
  const result = await withImages(invocation, [from, to], async (context) =>
    copyImage(context, {
      from,
      to,
      platforms: flags.list('platform').map((text) => parsePlatform(text, containerHost())),
      referrers: flags.bool('referrers') && !flags.bool('no-referrers'),
      allTags: flags.bool('all-tags'),
    }),
  )
  if (flags.text('format') === 'json') writeJson(invocation, result)
  else printCopy(invocation, result)
}

/** The names on stdout; what it took on stderr. */
function printCopy({ terminal }: Invocation, { images, blobs, manifests, referrers }: CopyResult): void {
  for (const { reference } of images) terminal.stdout.write(`${reference}\n`)
  const { uploaded, mounted, exists } = blobs
  const ways = [
    `${uploaded.count} blobs moved (${formatBytes(uploaded.sizeBytes)})`,
    `${mounted.count} mounted (${formatBytes(mounted.sizeBytes)})`,
    `${exists.count} skipped (${formatBytes(exists.sizeBytes)})`,
    `${manifests} manifests written`,
    ...(referrers === 0 ? [] : [`${referrers} signatures and attestations`]),
  ]
  const isUnchanged = images.every(({ outcome }) => outcome === 'unchanged') && referrers === 0
  terminal.stderr.write(isUnchanged ? 'nothing to do: it is there already\n' : `${ways.join(', ')}\n`)
}
