import { formatPlatform, only, type Platform } from '../platform/index.ts'
import type { ImageFacts, NodeFacts } from './facts.ts'

/** Whether an image runs on a node, and why. */
export interface Verdict {
  readonly verdict: 'runs' | 'cannotRun' | 'emulated' | 'unknown'
  readonly reason: string
}

/** Whether the node can run one of the image's platforms, by itself or through emulation that it is known to have. */
export function verdict(image: ImageFacts, node: Pick<NodeFacts, 'platform' | 'emulates'>): Verdict {
  const { reference, platforms } = image
  const own = formatPlatform(node.platform)
  if (platforms === 'unknown') {
    return {
      verdict: 'unknown',
      reason: `the platforms of ${reference} are unknown${image.reason === undefined ? '' : `: ${image.reason}`}`,
    }
  }
  const native = bestOf(platforms, node.platform)
  if (native !== undefined) {
    const shown = formatPlatform(native)
    return {
      verdict: 'runs',
      reason: shown === own ? `${reference} has ${own}` : `${reference} has ${shown}, which ${own} runs`,
    }
  }
  const emulated = (node.emulates ?? []).find((platform) => bestOf(platforms, platform) !== undefined)
  if (emulated !== undefined) {
    return { verdict: 'emulated', reason: `${reference} has ${formatPlatform(emulated)}, which the node emulates` }
  }
  // A node's labels do not say which level of an architecture its CPU has.
  const sameKind = platforms.find(
    (one) => one.os === node.platform.os && one.architecture === node.platform.architecture,
  )
  if (sameKind !== undefined) {
    return {
      verdict: 'unknown',
      reason: `${reference} needs ${formatPlatform(sameKind)}, and the node only says ${own}`,
    }
  }
  return { verdict: 'cannotRun', reason: `${reference} has no ${own}, only ${formatList(platforms)}` }
}

/** Platforms as a person reads them. */
export function formatList(platforms: readonly Platform[]): string {
  return platforms.length === 0 ? 'none' : platforms.map(formatPlatform).join(', ')
}

function bestOf(platforms: readonly Platform[], host: Platform): Platform | undefined {
  const matcher = only(host)
  return platforms
    .filter((platform) => matcher.matches(platform))
    .toSorted((left, right) => matcher.compare(left, right))[0]
}
