import type { ChangedFiles, SyncCopy, SyncPlan } from './contract.ts'
import { compileGlob } from './glob.ts'

/** Where files of a build context are in the image; none for a file whose place is not known. */
export type Destinations = (path: string) => readonly string[]

/**
 * What the build itself says about changed files that match one of the patterns; undefined when a file matches none, has
 * no known place, or was deleted: what stood in its place before is not known.
 */
export function planInferred(
  patterns: readonly string[],
  changed: ChangedFiles,
  destinations: Destinations,
): SyncPlan | undefined {
  if (changed.deleted.length > 0 || changed.written.length === 0) return undefined
  const tests = patterns.map(compileGlob)
  const copies: SyncCopy[] = []
  for (const source of changed.written) {
    const places = tests.some((matches) => matches(source)) ? destinations(source) : []
    if (places.length === 0) return undefined
    copies.push(...places.map((destination) => ({ source, destination })))
  }
  return { copies, deletions: [] }
}
