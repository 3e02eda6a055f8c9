import type { Platform } from './platform.ts'

/**
 * The one spelling of a platform: lower case, containerd's aliases resolved, implied variants written in (arm is v7)
 * or left out (amd64/v1, arm64/v8).
 * @see https://github.com/containerd/platforms (normalizeOS, normalizeArch)
 */
export function normalizePlatform(platform: Platform): Platform {
  const { architecture, variant } = normalizeArchitecture(platform.architecture, platform.variant ?? '')
  return {
    os: normalizeOs(platform.os),
    architecture,
    ...(variant === '' ? {} : { variant }),
    ...(platform.osVersion === undefined || platform.osVersion === '' ? {} : { osVersion: platform.osVersion }),
    ...(platform.osFeatures === undefined || platform.osFeatures.length === 0
      ? {}
      : { osFeatures: [...new Set(platform.osFeatures)].sort() }),
  }
}

/** Lower case, `macos` is `darwin`. */
export function normalizeOs(os: string): string {
  const lower = os.toLowerCase()
  return lower === 'macos' ? 'darwin' : lower
}

/** Resolves architecture aliases; `variant` is '' when there is none. */
export function normalizeArchitecture(
  architecture: string,
  variant: string,
): { readonly architecture: string; readonly variant: string } {
  const lower = architecture.toLowerCase()
  const lowerVariant = variant.toLowerCase()
  const alias = aliases.get(lower)
  if (alias !== undefined) return alias(lowerVariant)
  return { architecture: lower, variant: lowerVariant }
}

type Normalizer = (variant: string) => { architecture: string; variant: string }

const aliases: ReadonlyMap<string, Normalizer> = new Map([
  ['i386', () => ({ architecture: '386', variant: '' })],
  ['x86_64', amd64],
  ['x86-64', amd64],
  ['amd64', amd64],
  ['aarch64', arm64],
  ['arm64', arm64],
  ['armhf', () => ({ architecture: 'arm', variant: 'v7' })],
  ['armel', () => ({ architecture: 'arm', variant: 'v6' })],
  ['arm', arm],
])

function amd64(variant: string): { architecture: string; variant: string } {
  return { architecture: 'amd64', variant: variant === 'v1' ? '' : variant }
}

function arm64(variant: string): { architecture: string; variant: string } {
  return { architecture: 'arm64', variant: arm64Variants.get(variant) ?? variant }
}

const arm64Variants: ReadonlyMap<string, string> = new Map(
  Object.entries({ '8': '', v8: '', 'v8.0': '', '8.0': '', '9': 'v9', '9.0': 'v9', 'v9.0': 'v9' }),
)

function arm(variant: string): { architecture: string; variant: string } {
  return { architecture: 'arm', variant: armVariants.get(variant) ?? variant }
}

const armVariants: ReadonlyMap<string, string> = new Map(
  Object.entries({ '': 'v7', '7': 'v7', '5': 'v5', '6': 'v6', '8': 'v8' }),
)
