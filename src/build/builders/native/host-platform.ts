import { normalizePlatform, type Platform } from '../../../platform/index.ts'

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' }

/** This machine as a container would see it: what `BUILDPLATFORM` is. */
export function hostPlatform(architecture: string = process.arch): Platform {
  return normalizePlatform({ os: 'linux', architecture: architectures[architecture] ?? architecture })
}
