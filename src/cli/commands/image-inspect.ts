import { ToolError } from '../../errors/index.ts'
import { inspectImage, readManifest, type EntryReport, type ImageReport } from '../../pipeline/image/index.ts'
import { formatPlatformFully, parsePlatform, platformsEqual } from '../../platform/index.ts'
import type { Command, Invocation } from '../command.ts'
import { containerHost } from '../host-platform.ts'
import { imageTable } from './image-table.ts'
import { insecureFlag, parsePlaces, withImages } from './image-session.ts'
import { globalFlags, registryFlags } from './shared-flags.ts'

export const imageInspectCommand: Command = {
  name: 'image inspect',
  summary: 'Show what an image or index holds',
  description:
    'Prints one line for each entry: platform, digest, size, layers, when it was made, annotations. Attestations stand below the\nimage that they are about.',
  usage: 'IMAGE',
  examples: [
    { text: 'which platforms does it come for?', command: 'catamaran image inspect alpine:3' },
    { text: 'the configuration of one', command: 'catamaran image inspect --config --platform linux/arm64 alpine:3' },
  ],
  flags: [
    { name: 'raw', type: 'bool', default: 'false', description: 'Print the manifest or index as it is stored' },
    { name: 'config', type: 'bool', default: 'false', description: 'Print the configuration of one image' },
    { name: 'platform', type: 'string', placeholder: 'os/arch', description: 'Only the entry for this platform' },
    insecureFlag,
    ...registryFlags,
    ...globalFlags,
  ],
  maxArguments: 1,
  answersOnStdout: true,
  async run(invocation) {
    const { args, flags, terminal } = invocation
    const [from] = parsePlaces(invocation, 1)
    if (from === undefined) return
    const isAsStored = flags.bool('raw') && flags.text('platform') === undefined
    const answer = await withImages(invocation, [from], async (context) =>
      isAsStored
        ? (await readManifest(context, from)).bytes
        : answerFor(invocation, args[0] ?? '', await inspectImage(context, from)),
    )
    terminal.stdout.write(answer)
  },
}

function answerFor(invocation: Invocation, name: string, report: ImageReport): string | Uint8Array {
  const { flags } = invocation
  const entries = chooseEntries(invocation, report)
  if (flags.bool('raw')) return entries[0]?.manifest ?? ''
  if (flags.bool('config')) return configOf(entries, name)
  if (flags.text('format') === 'json') return `${JSON.stringify(summary(report, entries), undefined, 2)}\n`
  return imageTable(report, entries)
}

function chooseEntries({ flags }: Invocation, { entries, reference }: ImageReport): readonly EntryReport[] {
  const text = flags.text('platform')
  if (text === undefined) return entries
  const wanted = parsePlatform(text, containerHost())
  const chosen = entries.filter(({ platform }) => platform !== undefined && platformsEqual(platform, wanted))
  if (chosen.length > 0) return chosen
  const offered = entries.flatMap(({ platform }) => (platform === undefined ? [] : [formatPlatformFully(platform)]))
  throw new ToolError('PLATFORM_NOT_OFFERED', `${reference} does not come for ${text}`, {
    hint: `it comes for ${offered.join(', ')}`,
  })
}

/** The configuration as it is stored. */
function configOf(entries: readonly EntryReport[], name: string): Uint8Array {
  const own = entries.filter(({ config }) => config !== undefined)
  const [entry, second] = own
  if (entry?.config !== undefined && second === undefined) return entry.config
  if (entry === undefined) throw new ToolError('IMAGE_INVALID', `${name} has no image configuration`)
  const platforms = own.flatMap(({ platform }) => (platform === undefined ? [] : [formatPlatformFully(platform)]))
  throw new ToolError('PLATFORM_UNDECIDED', `${name} has a configuration for each of ${platforms.join(', ')}`, {
    hint: `choose one: --platform ${platforms[0] ?? ''}`,
  })
}

function summary(report: ImageReport, entries: readonly EntryReport[]): object {
  const { reference, digest, mediaType, kind, annotations } = report
  return {
    reference,
    digest,
    mediaType,
    kind,
    annotations,
    entries: entries.map((entry) => ({
      ...(entry.platform === undefined ? {} : { platform: formatPlatformFully(entry.platform) }),
      digest: entry.descriptor.digest,
      mediaType: entry.descriptor.mediaType,
      kind: entry.kind,
      sizeBytes: entry.sizeBytes,
      layers: entry.layers,
      created: entry.created,
      annotations: entry.annotations,
      attestations: entry.attestations,
      problem: entry.problem,
    })),
  }
}
