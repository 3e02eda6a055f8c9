import fastStringWidth from 'fast-string-width'
import { formatPlatformFully } from '../../platform/index.ts'
import type { AttestationReport, EntryReport, ImageReport } from '../../pipeline/image/index.ts'
import { formatBytes } from '../format-bytes.ts'

/** What `image inspect` prints: the reference, and a table of its entries. */
export function imageTable(report: ImageReport, entries: readonly EntryReport[]): string {
  const rows = [
    ['PLATFORM', 'DIGEST', 'SIZE', 'LAYERS', 'CREATED', 'ANNOTATIONS'],
    ...entries.flatMap((entry) => [entryRow(entry), ...entry.attestations.map(attestationRow)]),
  ]
  const head = [
    report.reference,
    report.mediaType,
    ...(report.kind === 'image' ? [] : [formatAnnotations(report.annotations)].filter((text) => text !== '')),
  ]
  return `${head.join('\n')}\n\n${align(rows)}\n`
}

function entryRow({ descriptor, platform, kind, ...entry }: EntryReport): readonly string[] {
  const name = platform === undefined ? kind : formatPlatformFully(platform)
  const notes = [entry.problem, formatAnnotations(entry.annotations)].filter(
    (text) => text !== undefined && text !== '',
  )
  return [
    name,
    descriptor.digest,
    formatBytes(entry.sizeBytes),
    String(entry.layers),
    entry.created?.replace(/\.\d+Z$/, 'Z') ?? '',
    notes.join('; '),
  ]
}

function attestationRow({ digest, predicates }: AttestationReport): readonly string[] {
  return ['└ attestation', digest, '', '', '', predicates.map(shortPredicate).join(', ')]
}

/** `https://slsa.dev/provenance/v1` is provenance. */
function shortPredicate(type: string): string {
  if (/spdx|cyclonedx/i.test(type)) return 'sbom'
  return /provenance/i.test(type) ? 'provenance' : type
}

function formatAnnotations(annotations: Readonly<Record<string, string>>): string {
  return Object.entries(annotations)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ')
}

function align(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => fastStringWidth(row[at] ?? ''))))
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - fastStringWidth(cell)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
