import { ToolError } from '../../errors/index.ts'
import { changeEntry, isAttestation, type IndexEntry } from '../../image/index.ts'
import { parsePlatform, platformsEqual, type Platform } from '../../platform/index.ts'

/** An annotation to set. */
export interface Annotation {
  readonly key: string
  readonly value: string
  readonly on: 'index' | 'descriptor'
  /** Only on the descriptors of this platform. */
  readonly platform?: Platform
}

const pattern = /^(?:(index|manifest-descriptor)(?:\[([^\]]*)\])?:)?([^=]+)=(.*)$/s
const foreignTypes = /^(?:manifest|index-descriptor)(?:\[[^\]]*\])?:/

/**
 * Parses annotations as buildx writes them: `index:KEY=VALUE`, `manifest-descriptor[linux/arm64]:KEY=VALUE`; without a
 * type, `bare` is meant.
 * @throws USAGE
 */
export function parseAnnotations(texts: readonly string[], bare: Annotation['on']): readonly Annotation[] {
  return texts.map((text) => parseAnnotation(text, bare))
}

/** The annotations for the index itself. */
export function indexAnnotations(annotations: readonly Annotation[]): Readonly<Record<string, string>> {
  return toRecord(annotations.filter(({ on }) => on === 'index'))
}

/**
 * The entries with the annotations for their descriptors; attestations get none.
 * @throws INDEX_ENTRY_UNKNOWN for a platform that no entry has
 */
export function annotateEntries<Entry extends IndexEntry>(
  entries: readonly Entry[],
  annotations: readonly Annotation[],
): readonly Entry[] {
  const own = annotations.filter(({ on }) => on === 'descriptor')
  for (const { platform } of own) if (platform !== undefined) checkOffered(platform, entries)
  return entries.map((entry) => {
    const fitting = own.filter((annotation) => isFor(annotation, entry))
    if (fitting.length === 0) return entry
    return { ...entry, ...changeEntry(entry, { annotations: toRecord(fitting) }) }
  })
}

function parseAnnotation(text: string, bare: Annotation['on']): Annotation {
  const match = foreignTypes.test(text) ? null : pattern.exec(text)
  if (match === null) {
    throw new ToolError('USAGE', `"${text}" is no annotation of an index`, {
      hint: 'write index:KEY=VALUE or manifest-descriptor[linux/arm64]:KEY=VALUE',
    })
  }
  const [, type, platform, key = '', value = ''] = match
  const on = type === undefined ? bare : onOf(type)
  const host = { os: 'linux', architecture: '' }
  return { key, value, on, ...(platform === undefined ? {} : { platform: parsePlatform(platform, host) }) }
}

function onOf(type: string): Annotation['on'] {
  return type === 'index' ? 'index' : 'descriptor'
}

function isFor({ platform }: Annotation, { descriptor }: IndexEntry): boolean {
  if (isAttestation(descriptor)) return false
  return platform === undefined || (descriptor.platform !== undefined && platformsEqual(platform, descriptor.platform))
}

function checkOffered(platform: Platform, entries: readonly IndexEntry[]): void {
  const isOffered = entries.some(({ descriptor }) => {
    return descriptor.platform !== undefined && platformsEqual(platform, descriptor.platform)
  })
  if (isOffered) return
  const name = `${platform.os}/${platform.architecture}`
  throw new ToolError('INDEX_ENTRY_UNKNOWN', `an annotation is for ${name}, and no entry of the index is`)
}

function toRecord(annotations: readonly Annotation[]): Readonly<Record<string, string>> {
  return Object.fromEntries(annotations.map(({ key, value }) => [key, value]))
}
