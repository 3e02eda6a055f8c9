import { normalizePlatform } from './normalize.ts'
import type { Platform } from './platform.ts'
import { matchesWindowsVersion, compareWindowsVersions } from './windows.ts'

/** Answers whether a candidate (an image's platform) is acceptable, and which of two is the better one. */
export interface PlatformMatcher {
  matches(candidate: Platform): boolean
  /** Negative when `left` is the better match, positive when `right` is; 0 when neither is better. */
  compare(left: Platform, right: Platform): number
}

/** Accepts exactly this platform, normalised: `linux/arm64` is `linux/arm64/v8`, never `linux/arm64/v9`. */
export function onlyStrict(platform: Platform): PlatformMatcher {
  return ordered([normalizePlatform(platform)])
}

/**
 * Accepts what a machine of this platform can run, best first: amd64/v3 runs v2, v1 and 386; arm64 runs 32-bit arm.
 * @see https://github.com/containerd/platforms (Only, platformVector)
 */
export function only(platform: Platform): PlatformMatcher {
  return ordered(runnableOn(platform))
}

/** The platforms that a machine of this one can run, best first; the first is the platform itself, normalised. */
export function runnableOn(platform: Platform): readonly Platform[] {
  const normal = normalizePlatform(platform)
  const expand = vectors.get(normal.architecture)
  if (expand === undefined) return [normal]
  return [normal, ...expand(normal.variant ?? '').map((entry) => withArchitecture(normal, entry))]
}

/** The best of the candidates, by the matcher's order, then as listed; undefined when none matches. */
export function selectOne<T>(
  matcher: PlatformMatcher,
  candidates: readonly T[],
  platformOf: (candidate: T) => Platform | undefined,
): T | undefined {
  let best: { readonly candidate: T; readonly platform: Platform } | undefined
  for (const candidate of candidates) {
    const platform = platformOf(candidate)
    if (platform === undefined || !matcher.matches(platform)) continue
    if (best === undefined || matcher.compare(platform, best.platform) < 0) best = { candidate, platform }
  }
  return best?.candidate
}

function ordered(wanted: readonly Platform[]): PlatformMatcher {
  const rank = (candidate: Platform): number => {
    const found = wanted.findIndex((platform) => accepts(platform, normalizePlatform(candidate)))
    return found === -1 ? Number.POSITIVE_INFINITY : found
  }
  const host = wanted[0]
  return {
    matches: (candidate) => Number.isFinite(rank(candidate)),
    compare(left, right) {
      const [leftRank, rightRank] = [rank(left), rank(right)]
      if (leftRank !== rightRank) return leftRank - rightRank
      return host?.os === 'windows'
        ? compareWindowsVersions(host, left, right)
        : featureCount(right) - featureCount(left)
    },
  }
}

function accepts(host: Platform, image: Platform): boolean {
  return (
    host.os === image.os &&
    host.architecture === image.architecture &&
    (host.variant ?? '') === (image.variant ?? '') &&
    hasFeatures(host, image) &&
    matchesWindowsVersion(host, image)
  )
}

/** An image without features runs everywhere; one with features needs each of them (win32k is always there). */
function hasFeatures(host: Platform, image: Platform): boolean {
  const offered = host.osFeatures ?? []
  return (image.osFeatures ?? []).every((feature) => feature === 'win32k' || offered.includes(feature))
}

function featureCount(platform: Platform): number {
  return platform.osFeatures?.length ?? 0
}

interface VectorEntry {
  readonly architecture: string
  readonly variant?: string
}

function withArchitecture(base: Platform, entry: VectorEntry): Platform {
  const { variant: _, ...rest } = base
  return normalizePlatform({ ...rest, ...entry })
}

const vectors: ReadonlyMap<string, (variant: string) => readonly VectorEntry[]> = new Map([
  ['amd64', lowerAmd64],
  ['arm', lowerArm],
  ['arm64', belowArm64],
])

function lowerAmd64(variant: string): readonly VectorEntry[] {
  const level = Number(/^v(\d+)$/.exec(variant)?.[1] ?? 1)
  return [
    ...downFrom(level - 1, 1).map((lower) => ({ architecture: 'amd64', variant: `v${lower}` })),
    { architecture: '386' },
  ]
}

function lowerArm(variant: string): readonly VectorEntry[] {
  const level = Number(/^v(\d+)$/.exec(variant)?.[1] ?? 7)
  return downFrom(level - 1, 5).map((lower) => ({ architecture: 'arm', variant: `v${lower}` }))
}

function belowArm64(variant: string): readonly VectorEntry[] {
  return [...lowerArm64(variant), ...downFrom(8, 5).map((level) => ({ architecture: 'arm', variant: `v${level}` }))]
}

/** v8.x runs lower minors; v9.x runs lower v9 minors, then v8.(x+5) and below, since v9.0 extends v8.5. */
function lowerArm64(variant: string): readonly VectorEntry[] {
  const match = /^v([89])(?:\.(\d+))?$/.exec(variant === '' ? 'v8' : variant)
  if (match === null) return []
  const [major, minor] = [Number(match[1]), Number(match[2] ?? 0)]
  const entries = (of: number, from: number): VectorEntry[] =>
    downFrom(from, 0).map((lower) => ({ architecture: 'arm64', variant: lower === 0 ? `v${of}` : `v${of}.${lower}` }))
  return major === 8 ? entries(8, minor - 1) : [...entries(9, minor - 1), ...entries(8, minor + 5)]
}

function downFrom(from: number, to: number): readonly number[] {
  return from < to ? [] : Array.from({ length: from - to + 1 }, (_, index) => from - index)
}
