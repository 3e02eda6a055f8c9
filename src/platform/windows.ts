import type { Platform } from './platform.ts'

/** Builds of the long-term servicing channel from which on a newer host runs older images. */
const ltscBuilds: readonly number[] = [20348, 26100]

/**
 * Whether a Windows host may run a Windows image by their builds: before Server 2022 (20348) the builds must be equal;
 * from there on the image's build lies between the previous LTSC release and the host's. Unset on a side: yes.
 */
export function matchesWindowsVersion(host: Platform, image: Platform): boolean {
  if (host.os !== 'windows') return true
  const hostBuild = buildOf(host)
  const imageBuild = buildOf(image)
  if (hostBuild === undefined || imageBuild === undefined || hostBuild === imageBuild) return true
  if (hostBuild < 20348) return false
  const floor = ltscBuilds.filter((build) => build < hostBuild).at(-1) ?? 20348
  return imageBuild >= floor && imageBuild <= hostBuild
}

/** The higher matching build first, as containerd prefers it. */
export function compareWindowsVersions(host: Platform, left: Platform, right: Platform): number {
  const [leftFits, rightFits] = [matchesWindowsVersion(host, left), matchesWindowsVersion(host, right)]
  if (leftFits !== rightFits) return leftFits ? -1 : 1
  return (buildOf(right) ?? 0) - (buildOf(left) ?? 0)
}

function buildOf(platform: Platform): number | undefined {
  const build = Number(platform.osVersion?.split('.')[2])
  return Number.isInteger(build) ? build : undefined
}
