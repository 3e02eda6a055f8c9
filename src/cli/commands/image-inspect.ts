import { ToolError } from '../../errors/index.ts'
import { inspectImage, type EntryReport, type ImageReport } from '../../pipeline/image/index.ts'
import { formatPlatformFully, parsePlatform, platformsEqual } from '../../platform/index.ts'
import { parseLocation, renamed } from '../../transfer/index.ts'
import type { Command, Invocation } from '../command.ts'
import { containerHost } from '../host-platform.ts'
import { writeJson } from './answer.ts'
import { imageTable } from './image-table.ts'
import { insecureFlag, parsePlaces, withImages } from './image-session.ts'
import { globalFlags, imageFlags } from './shared-flags.ts'

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
    ...imageFlags.filter(({ name }) => name === 'insecure-registry'),
    ...globalFlags,
  ],
  maxArguments: 1,
  answersOnStdout: true,
  async run(invocation) {
    const { args, flags, terminal } = invocation
    const [from] = parsePlaces(invocation, 1)
    if (from === undefined) return
    await withImages(invocation, [from], async (context) => {
      const report = await inspectImage(context, from)
      const entries = chooseEntries(invocation, report)
      if (flags.bool('raw')) {
        const isWhole = flags.text('platform') === undefined || report.kind === 'image'
        const only = onlyEntry(entries, args[0] ?? '', isWhole)
        const one = isWhole ? report : await inspectImage(context, renamed(parseLocation(args[0] ?? ''), only))
        terminal.stdout.write(one.bytes)
      } else if (flags.bool('config')) terminal.stdout.write(configOf(entries, args[0] ?? ''))
      else if (flags.text('format') === 'json') writeJson(invocation, answer(report, entries))
      else terminal.stdout.write(imageTable(report, entries))
    })
  },
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

function onlyEntry(entries: readonly EntryReport[], name: string, isWhole: boolean): string {
  const [entry] = entries
  if (isWhole || entry === undefined) return name
  return entry.descriptor.digest
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

function answer(report: ImageReport, entries: readonly EntryReport[]): object {
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
