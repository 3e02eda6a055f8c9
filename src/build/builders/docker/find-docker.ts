import * as v from 'valibot'
import { isToolError } from '../../../errors/index.ts'
import { isPlatform, parsePlatform, uniquePlatforms, type Platform } from '../../../platform/index.ts'
import { readEmulated } from '../dockerfile/emulators.ts'
import { reasonIn, type EngineOutside } from '../dockerfile/run-engine.ts'
import { isOnThisMachine, parseBuilder, type BuildxBuilder } from './buildx-builder.ts'

/** How docker is to be used. */
export interface DockerSettings {
  /** A builder of buildx, by its name; absent: `BUILDX_BUILDER`, else the one that `docker buildx use` chose. */
  readonly builder?: string
  /** False: the engine's old builder, as `useBuildkit: false` asks for. */
  readonly useBuildkit?: boolean
  /** Where build caches are written and read, as `--cache-to` of buildx says it; `registry`, `inline` and `local` alone will do. */
  readonly cacheTo?: readonly string[]
}

/** What is known of Docker here. */
export interface DockerFacts {
  readonly title: string
  /** Absent: there is only the engine's old builder. */
  readonly buildx?: BuildxFacts
  /** Whether the old builder joins layers. */
  readonly canSquash: boolean
  /** Empty: nobody knows before a build. */
  readonly platforms: readonly Platform[]
  /** Registries that the engine's own configuration calls insecure; absent: nobody here can say. */
  readonly insecureRegistries?: readonly string[]
}

/** A builder of buildx, and where it can write images. */
export interface BuildxFacts {
  readonly builder: BuildxBuilder
  /** Into an OCI layout on this machine. */
  readonly writesLayouts: boolean
  /** The machines are elsewhere: they push better than they send images here. */
  readonly isElsewhere: boolean
  readonly isOnThisMachine: boolean
  /** It can say what it does with `--progress=rawjson`. */
  readonly reportsJson: boolean
}

/** Docker, or why there is none to be used. */
export type DockerState = DockerFacts | { readonly why: string; readonly hint?: string }

/** Looks for Docker, its engine, buildx and what its builder can run. A builder elsewhere needs no engine here. */
export async function findDocker(
  outside: EngineOutside,
  settings: DockerSettings,
  signal: AbortSignal,
): Promise<DockerState> {
  const ask = asking(outside, signal)
  try {
    const [server, buildx] = await Promise.all([
      ask('version', '--format', '{{.Server.Version}} {{.Server.Os}}/{{.Server.Arch}} {{.Server.Experimental}}'),
      settings.useBuildkit === false ? Promise.resolve({ text: '', isOk: false }) : ask('buildx', 'version'),
    ])
    if (buildx.isOk) return await findBuilder({ ask, outside, server, version: versionIn(buildx.text) }, settings)
    const asked = settings.builder ?? outside.env['BUILDX_BUILDER'] ?? ''
    if (asked !== '' && settings.useBuildkit !== false) {
      return { why: `the builder ${asked} needs buildx, which docker does not have here`, hint: getBuildx }
    }
    if (!server.isOk) return { why: deadEngine(server) }
    const { title, platforms, isExperimental } = await engineOf(server, outside)
    const how = settings.useBuildkit === false ? 'and its old builder' : 'without buildx'
    return { title: `${title} ${how}`, platforms, canSquash: isExperimental }
  } catch (error) {
    signal.throwIfAborted()
    if (isToolError(error, 'PROGRAM_MISSING')) return { why: 'docker is not installed' }
    throw error
  }
}

const linux: Platform = { os: 'linux', architecture: 'amd64' }
const getBuildx = 'install buildx: https://github.com/docker/buildx#installing'

interface Answer {
  readonly text: string
  readonly isOk: boolean
}

type Ask = (...args: readonly string[]) => Promise<Answer>

function asking({ runProcess, env, cwd }: EngineOutside, signal: AbortSignal): Ask {
  return async (...args) => {
    const outcome = await runProcess({ command: 'docker', args, env, cwd, signal })
    return outcome.status === 0
      ? { text: outcome.stdout.trim(), isOk: true }
      : { text: reasonIn(outcome.stderr === '' ? outcome.stdout : outcome.stderr), isOk: false }
  }
}

interface Finding {
  readonly ask: Ask
  readonly outside: EngineOutside
  readonly server: Answer
  readonly version: string
}

async function findBuilder({ ask, outside, server, version }: Finding, settings: DockerSettings): Promise<DockerState> {
  const inspected = await ask('buildx', 'inspect', ...(settings.builder === undefined ? [] : [settings.builder]))
  const builder = parseBuilder(inspected.text)
  if (!inspected.isOk || builder === undefined) {
    if (!server.isOk && settings.builder === undefined) return { why: deadEngine(server) }
    return { why: `docker buildx: ${inspected.text}`, hint: 'name one of those that "docker buildx ls" lists' }
  }
  const reportsJson = isAtLeast(version, [0, 13])
  const broken = builder.nodes.flatMap(({ name, error }) => (error === undefined ? [] : [`${name}: ${error}`]))
  if (builder.driver === 'docker') return findOwn(builder, { ask, outside, server, version }, reportsJson)
  if (broken.length > 0 && broken.length === builder.nodes.length) {
    return { why: `the builder ${builder.name} does not answer: ${broken.join('; ')}` }
  }
  return {
    title: `buildx ${version} with builder ${builder.name} (${builder.driver})`,
    buildx: {
      builder,
      writesLayouts: true,
      isElsewhere: builder.driver !== 'docker-container',
      isOnThisMachine: isOnThisMachine(builder),
      reportsJson,
    },
    canSquash: false,
    // a machine that sleeps does not say what it can run
    platforms: builder.nodes.every(({ platforms }) => platforms.length > 0) ? platformsOf(builder) : [],
  }
}

/** The builder that is in the engine. */
async function findOwn(
  builder: BuildxBuilder,
  { ask, outside, server, version }: Finding,
  reportsJson: boolean,
): Promise<DockerState> {
  if (!server.isOk) return { why: deadEngine(server) }
  const { title, platforms, isExperimental } = await engineOf(server, outside)
  const info = await ask('info', '--format', '{{json .DriverStatus}}\n{{json .RegistryConfig.IndexConfigs}}')
  const [storage = '', registries = ''] = info.text.split('\n')
  const writesLayouts = storage.includes('io.containerd.snapshotter')
  return {
    title: `${title} with buildx ${version}`,
    buildx: { builder, writesLayouts, isElsewhere: false, isOnThisMachine: true, reportsJson },
    canSquash: isExperimental,
    insecureRegistries: insecureIn(registries),
    platforms: uniquePlatforms([...platforms.slice(0, 1), ...platformsOf(builder), ...platforms]),
  }
}

function platformsOf({ nodes }: BuildxBuilder): readonly Platform[] {
  return uniquePlatforms(nodes.flatMap(({ platforms }) => platforms))
}

interface EngineFacts {
  readonly title: string
  readonly platforms: readonly Platform[]
  readonly isExperimental: boolean
}

async function engineOf({ text }: Answer, outside: EngineOutside): Promise<EngineFacts> {
  const [version = '', platform = '', experimental = ''] = text.split(' ')
  const own = isPlatform(platform, linux) ? [parsePlatform(platform, linux)] : []
  return {
    title: `Docker ${version}`,
    platforms: uniquePlatforms([...own, ...(await emulatedHere(outside))]),
    isExperimental: experimental === 'true',
  }
}

function deadEngine({ text }: Answer): string {
  return `docker is installed, and its engine does not answer: ${text}`
}

function versionIn(text: string): string {
  return /\bv?(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? 'of unknown version'
}

const indexConfigs = v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.object({ Secure: v.boolean() })))

function insecureIn(registries: string): readonly string[] {
  const parsed = v.safeParse(indexConfigs, registries)
  if (!parsed.success) return []
  return Object.entries(parsed.output).flatMap(([host, { Secure }]) => (Secure ? [] : [host]))
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ownMajor = Number.NaN, ownMinor = Number.NaN] = version.split('.').map(Number)
  return ownMajor > major || (ownMajor === major && ownMinor >= minor)
}

/** Emulators of this machine, when the engine is on it. */
async function emulatedHere({ env }: EngineOutside): Promise<readonly Platform[]> {
  const host = env['DOCKER_HOST'] ?? 'unix://'
  return host.startsWith('unix://') && process.platform === 'linux' ? readEmulated() : []
}
