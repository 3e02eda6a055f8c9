import { isToolError, ToolError } from '../errors/index.ts'
import { formatPlatform } from './format.ts'
import { only, onlyStrict } from './match.ts'
import { parsePlatform } from './parse.ts'
import type { Platform } from './platform.ts'

/** Platforms that were asked for: `all`, or a list in the order and spelling given. An empty list asks for nothing. */
export type PlatformSet = 'all' | readonly Platform[]

/**
 * Parses a list of platform strings; `all` anywhere makes the set `all`. Platforms that are the same once normalised
 * count once.
 * @throws PLATFORM_INVALID
 */
export function parsePlatformSet(texts: readonly string[], host: Platform): PlatformSet {
  if (texts.some((text) => text.toLowerCase() === 'all')) return 'all'
  return uniquePlatforms(texts.map((text) => parsePlatform(text, host)))
}

/** Drops platforms that strictly equal an earlier one. */
export function uniquePlatforms(platforms: readonly Platform[]): readonly Platform[] {
  return platforms.filter(
    (platform, index) => !platforms.slice(0, index).some((earlier) => onlyStrict(earlier).matches(platform)),
  )
}

/**
 * What both sets contain: members of `left`, in its order and spelling, that strictly match a member of `right`.
 * `all` is neutral.
 */
export function intersectPlatforms(left: PlatformSet, right: PlatformSet): PlatformSet {
  if (left === 'all') return right
  if (right === 'all') return left
  return left.filter((platform) => right.some((other) => onlyStrict(platform).matches(other)))
}

/** Whether there is nothing in the set. */
export function isEmptySet(set: PlatformSet): boolean {
  return set !== 'all' && set.length === 0
}

/** Whether the set asks for more than one platform. */
export function isMultiPlatform(set: PlatformSet): boolean {
  return set === 'all' || set.length > 1
}

/** Whether building the set on `host` needs another machine, emulation or a cross compiler. */
export function isCrossPlatform(set: PlatformSet, host: Platform): boolean {
  if (set === 'all' || set.length > 1) return true
  const [single] = set
  return single !== undefined && !only(host).matches(single)
}

/**
 * One platform of the set: a member that strictly matches `preferred` when there is one, else the first.
 * `all` gives `preferred` itself.
 * @throws PLATFORM_INVALID for an empty set, which has none
 */
export function selectPlatform(set: PlatformSet, preferred: Platform): Platform {
  if (set === 'all') return preferred
  const chosen = set.find((platform) => onlyStrict(preferred).matches(platform)) ?? set[0]
  if (chosen === undefined) throw new ToolError('PLATFORM_INVALID', 'no platform can be chosen from an empty set')
  return chosen
}

/** Comma-joined, `all` for all. */
export function formatPlatformSet(set: PlatformSet): string {
  return set === 'all' ? 'all' : set.map(formatPlatform).join(',')
}

/** Whether the text is a platform that {@link parsePlatform} accepts. */
export function isPlatform(text: string, host: Platform): boolean {
  try {
    parsePlatform(text, host)
    return true
  } catch (error) {
    if (isToolError(error, 'PLATFORM_INVALID')) return false
    throw error
  }
}
