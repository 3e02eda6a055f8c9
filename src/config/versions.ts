/** Versions that are read as they are, newest last. */
export const readVersions = ['skaffold/v4beta13', 'skaffold/v4beta14'] as const

/** A version that is read. */
export type ReadVersion = (typeof readVersions)[number]

/** What can be done with an `apiVersion`. */
export type VersionVerdict =
  | { readonly kind: 'read'; readonly version: ReadVersion }
  | { readonly kind: 'older' | 'newer' | 'unknown' }

/** Version families that are numbered from 1, with the last number; the others have one version. */
const families: ReadonlyMap<string, number> = new Map([
  ['v1alpha', 5],
  ['v1beta', 17],
  ['v2alpha', 4],
  ['v2beta', 29],
  ['v3alpha', 1],
  ['v4beta', 14],
])
const single: readonly string[] = ['v1', 'v3']

/** Judges an `apiVersion`. */
export function judgeVersion(apiVersion: string): VersionVerdict {
  const version = readVersions.find((known) => known === apiVersion)
  if (version !== undefined) return { kind: 'read', version }
  const match = /^skaffold\/(v([1-9]\d*)(alpha|beta)?)([1-9]\d*)?$/.exec(apiVersion)
  if (match === null) return { kind: 'unknown' }
  const [, family = '', major, stage, number] = match
  if ((stage === undefined) !== (number === undefined)) return { kind: 'unknown' }
  const isKnown = single.includes(family) || Number(number) <= (families.get(family) ?? 0)
  if (isKnown) return { kind: 'older' }
  const isNewer = Number(major) > 4 || family === 'v4' || family === 'v4beta'
  return { kind: isNewer ? 'newer' : 'unknown' }
}
