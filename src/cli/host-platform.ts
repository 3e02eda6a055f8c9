import { normalizePlatform, type Platform } from '../platform/index.ts'

/** Node's names for processors, where they are not those of images. */
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' }
const systems: Readonly<Record<string, string>> = { win32: 'windows', sunos: 'solaris' }

/** This machine. */
export function machinePlatform(): Platform {
  return normalizePlatform({
    os: systems[process.platform] ?? process.platform,
    architecture: architectures[process.arch] ?? process.arch,
  })
}

/** This machine as containers see it: on macOS and Windows, too, they are Linux's. */
export function containerHost(): Platform {
  return { ...machinePlatform(), os: 'linux' }
}
