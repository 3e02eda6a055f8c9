import { formatPlatformFully, normalizePlatform, type Platform } from '../platform/index.ts'
import type { Descriptor, ImageConfig } from './types.ts'

/** The platform as the configuration spells it; normalise to compare. */
export function platformOfConfig(config: ImageConfig): Platform {
  return {
    os: config.os,
    architecture: config.architecture,
    ...(config.variant === undefined || config.variant === '' ? {} : { variant: config.variant }),
    ...(config['os.version'] === undefined ? {} : { osVersion: config['os.version'] }),
    ...(config['os.features'] === undefined ? {} : { osFeatures: config['os.features'] }),
  }
}

/**
 * Whether an entry of an index is no image to run: BuildKit stores attestations as manifests for `unknown/unknown`.
 * @see https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md
 */
export function isAttestation(descriptor: Descriptor): boolean {
  const { platform, annotations } = descriptor
  if (annotations?.['vnd.docker.reference.type'] !== undefined) return true
  return platform?.os === 'unknown' && platform.architecture === 'unknown'
}

/** One text per platform that differs in anything, the Windows build included. */
export function platformKey(platform: Platform): string {
  return formatPlatformFully(normalizePlatform(platform))
}
