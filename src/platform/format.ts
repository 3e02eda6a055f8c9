import { normalizePlatform } from './normalize.ts'
import type { Platform } from './platform.ts'

/** `os/architecture[/variant]`, as spelt in the value; an absent system prints `unknown`. */
export function formatPlatform(platform: Platform): string {
  return [platform.os === '' ? 'unknown' : platform.os, platform.architecture, platform.variant ?? '']
    .filter((part) => part !== '')
    .join('/')
}

/** Like {@link formatPlatform}, with the Windows build and features: `windows(10.0.17763+win32k)/amd64`. */
export function formatPlatformFully(platform: Platform): string {
  const options = [platform.osVersion ?? '', ...(platform.osFeatures ?? [])]
  const os = options.join('') === '' ? platform.os : `${platform.os}(${options.join('+')})`
  return formatPlatform({ ...platform, os })
}

/** Tag suffix of a per-platform image: `linux_arm_v7`. */
export function platformTagSuffix(platform: Platform): string {
  return formatPlatform(platform).replaceAll('/', '_')
}

/** Whether both name the same system, architecture and variant once normalised. OS versions are not compared. */
export function platformsEqual(left: Platform, right: Platform): boolean {
  return formatPlatform(normalizePlatform(left)) === formatPlatform(normalizePlatform(right))
}
