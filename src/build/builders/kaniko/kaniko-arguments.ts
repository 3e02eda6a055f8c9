import { normalizePlatform, formatPlatform, type Platform } from '../../../platform/index.ts'
import type { KanikoArtifact } from '../../../config/index.ts'
import type { ParentImage } from '../../contract.ts'
import type { RegistryTrust } from '../../registry-trust.ts'

/** Where the executor finds the build context. */
export const contextMount = '/kaniko/buildcontext'

/** Where the executor finds base images that a node keeps. */
export const cacheMount = '/cache'

/** One run of the executor. */
export interface KanikoJob {
  readonly kaniko: KanikoArtifact
  readonly platform: Platform
  /** The names that the image is pushed under, the first one at least. */
  readonly destinations: readonly [string, ...string[]]
  /** Host and port of the first destination. */
  readonly registry: string
  readonly trust: RegistryTrust
  readonly parents?: readonly ParentImage[]
}

/**
 * Arguments of the executor, as Skaffold orders them. A variant goes along, because nodes do not tell theirs.
 * @see https://github.com/chainguard-forks/kaniko#additional-flags
 */
export function kanikoArguments(job: KanikoJob): readonly string[] {
  const { kaniko, destinations, trust, parents = [] } = job
  const [isHttp, isAnyCertificate] = [trust.all === 'http', trust.all === 'anyCertificate']
  const buildArgs = {
    ...Object.fromEntries(parents.map(({ alias, reference }) => [alias, reference])),
    ...kaniko.buildArgs,
  }
  return [
    ...destinations.flatMap((name) => ['--destination', name]),
    ...value('--dockerfile', kaniko.dockerfile),
    ...value('--context', `dir://${contextMount}`),
    ...pairs('--build-arg', buildArgs),
    ...cacheArguments(kaniko.cache),
    ...value('--target', kaniko.target),
    ...platformArguments(job.platform),
    ...flag('--cleanup', kaniko.cleanup),
    ...value('--digest-file', kaniko.digestFile ?? '/dev/termination-log'),
    ...flag('--force', kaniko.force),
    ...value('--image-fs-extract-retry', kaniko.imageFSExtractRetry),
    ...value('--image-name-with-digest-file', kaniko.imageNameWithDigestFile),
    ...flag('--insecure', kaniko.insecure === true || isHttp),
    ...flag('--insecure-pull', kaniko.insecurePull === true || isHttp),
    ...value('--log-format', kaniko.logFormat),
    ...flag('--log-timestamp', kaniko.logTimestamp),
    ...value('--oci-layout-path', kaniko.ociLayoutPath),
    ...value('--registry-mirror', kaniko.registryMirror),
    ...flag('--reproducible', kaniko.reproducible),
    ...flag('--single-snapshot', kaniko.singleSnapshot),
    ...flag('--skip-tls-verify', kaniko.skipTLS === true || isAnyCertificate),
    ...(kaniko.skipTLS === true ? ['--skip-tls-verify-registry', job.registry] : []),
    ...flag('--skip-tls-verify-pull', kaniko.skipTLSVerifyPull === true || isAnyCertificate),
    ...flag('--skip-unused-stages', kaniko.skipUnusedStages),
    ...value('--snapshot-mode', kaniko.snapshotMode),
    ...value('--push-retry', kaniko.pushRetry),
    ...value('--tarPath', kaniko.tarPath),
    ...flag('--use-new-run', kaniko.useNewRun),
    ...value('--verbosity', kaniko.verbosity),
    ...flag('--whitelist-var-run', kaniko.whitelistVarRun),
    ...each('--insecure-registry', insecureOf(job, kaniko.insecureRegistry)),
    ...each('--skip-tls-verify-registry', insecureOf(job, kaniko.skipTLSVerifyRegistry)),
    ...each('--ignore-path', kaniko.ignorePaths),
    ...pairs('--registry-certificate', kaniko.registryCertificate),
    ...pairs('--label', kaniko.label),
  ]
}

function cacheArguments(cache: KanikoArtifact['cache']): readonly string[] {
  if (cache === undefined) return []
  return [
    '--cache',
    ...value('--cache-repo', cache.repo),
    ...(cache.hostPath === undefined ? [] : ['--cache-dir', cacheMount]),
    ...value('--cache-ttl', cache.ttl),
    ...flag('--cache-copy-layers', cache.cacheCopyLayers),
    // it is on by itself, and older executors have no such flag
    ...(cache.cacheRunLayers === false ? ['--cache-run-layers=false'] : []),
  ]
}

function platformArguments(platform: Platform): readonly string[] {
  const { variant } = normalizePlatform(platform)
  return variant === undefined ? [] : ['--custom-platform', formatPlatform(platform)]
}

/** What speaks http, and what has a certificate that nobody knows, is not told apart here. */
function insecureOf({ trust }: KanikoJob, configured: readonly string[] = []): readonly string[] {
  return [...new Set([...configured, ...[...trust.insecureRegistries].sort()])]
}

function flag(name: string, isOn: boolean | undefined): readonly string[] {
  return isOn === true ? [name] : []
}

function value(name: string, text: string | undefined): readonly string[] {
  return text === undefined || text === '' ? [] : [name, text]
}

function each(name: string, texts: readonly string[] = []): readonly string[] {
  return texts.flatMap((text) => [name, text])
}

/** Sorted; without a value the name stands alone. */
function pairs(name: string, map: Readonly<Record<string, string | null>> = {}): readonly string[] {
  return Object.entries(map)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([key, text]) => [name, text === null ? key : `${key}=${text}`])
}
