import { normalizePlatform } from '../platform/index.ts'
import type { OsArch } from './constraint.ts'
import type { ImageFacts, NodeFacts } from './facts.ts'
import { verdict } from './verdict.ts'

/** What the known images of a pod have in common. */
export interface CommonPlatforms {
  /** Sorted; variants are dropped, as labels have none. Empty when no platform runs all images. */
  readonly platforms: readonly OsArch[]
  readonly known: readonly ImageFacts[]
  readonly unknown: readonly ImageFacts[]
}

/**
 * The systems and architectures on which every known image runs. A node's own architecture is asked for first; that it
 * may run another one too (386 on amd64, arm on arm64) counts only where nothing else is left.
 */
export function commonPlatforms(images: readonly ImageFacts[], nodes: readonly NodeFacts[]): CommonPlatforms {
  const known = images.filter((image) => image.platforms !== 'unknown')
  const unknown = images.filter((image) => image.platforms === 'unknown')
  const sets = known.map(exactPlatforms)
  const all = uniqueOsArch(sets.flat())
  const exact = all.filter((platform) => sets.every((set) => hasOsArch(set, platform)))
  const isOffered = nodes.length === 0 || nodes.some((node) => hasOsArch(exact, node.platform))
  if (exact.length > 0 && isOffered) return { platforms: exact, known, unknown }
  const compatible = [...nodes.map((node) => node.platform), ...all].filter((platform) =>
    known.every((image) => verdict(image, { platform }).verdict === 'runs'),
  )
  return { platforms: uniqueOsArch([...exact, ...compatible]), known, unknown }
}

/** Whether the list has this system and architecture. */
export function hasOsArch(list: readonly OsArch[], platform: OsArch): boolean {
  return list.some((one) => one.os === platform.os && one.architecture === platform.architecture)
}

/** Without repetition, variants dropped, sorted by system and architecture. */
export function uniqueOsArch(platforms: readonly OsArch[]): readonly OsArch[] {
  const byName = new Map(
    platforms.map(({ os, architecture }) => [`${os}/${architecture}`, { os, architecture }] as const),
  )
  return [...byName.entries()].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, platform]) => platform)
}

function exactPlatforms(image: ImageFacts): readonly OsArch[] {
  return image.platforms === 'unknown' ? [] : image.platforms.map(normalizePlatform)
}
