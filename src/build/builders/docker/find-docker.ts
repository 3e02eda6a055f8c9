import { isToolError } from '../../../errors/index.ts'
import { isPlatform, parsePlatform, uniquePlatforms, type Platform } from '../../../platform/index.ts'
import { platformsOf } from './builder-platforms.ts'
import { readEmulated } from '../dockerfile/emulators.ts'
import { reasonIn, type EngineOutside } from '../dockerfile/run-engine.ts'

/** What is known of a Docker engine that answers. */
export interface DockerFacts {
  readonly version: string
  /** Absent: there is only the old builder. */
  readonly buildx?: { readonly version: string; readonly writesLayouts: boolean }
  readonly platforms: readonly Platform[]
}

/** Docker, or why there is none to be used. */
export type DockerState = DockerFacts | { readonly why: string }

/** Looks for Docker, its engine, buildx and what the engine can run. */
export async function findDocker(outside: EngineOutside, signal: AbortSignal): Promise<DockerState> {
  const ask = async (...args: readonly string[]): Promise<{ readonly text: string; readonly isOk: boolean }> => {
    const { env, cwd } = outside
    const outcome = await outside.runProcess({ command: 'docker', args, env, cwd, signal })
    return outcome.status === 0
      ? { text: outcome.stdout.trim(), isOk: true }
      : { text: reasonIn(outcome.stderr === '' ? outcome.stdout : outcome.stderr), isOk: false }
  }
  try {
    const server = await ask('version', '--format', '{{.Server.Version}} {{.Server.Os}}/{{.Server.Arch}}')
    if (!server.isOk) return { why: `docker is installed, and its engine does not answer: ${server.text}` }
    const [version = '', platform = ''] = server.text.split(' ')
    const own = isPlatform(platform, linux) ? [parsePlatform(platform, linux)] : []
    const buildx = await ask('buildx', 'version')
    if (!buildx.isOk) return { version, platforms: uniquePlatforms([...own, ...(await emulatedHere(outside))]) }
    const [builder, info] = await Promise.all([
      ask('buildx', 'inspect'),
      ask('info', '--format', '{{json .DriverStatus}}'),
    ])
    const here = await emulatedHere(outside)
    return {
      version,
      buildx: {
        version: /\bv?(\d+\.\d+\.\d+)/.exec(buildx.text)?.[1] ?? 'of unknown version',
        writesLayouts: !/^Driver:\s+docker$/m.test(builder.text) || info.text.includes('io.containerd.snapshotter'),
      },
      platforms: uniquePlatforms([...own, ...platformsOf(builder.text), ...here]),
    }
  } catch (error) {
    signal.throwIfAborted()
    if (isToolError(error, 'PROGRAM_MISSING')) return { why: 'docker is not installed' }
    throw error
  }
}

const linux: Platform = { os: 'linux', architecture: 'amd64' }

/** Emulators of this machine, when the engine is on it. */
async function emulatedHere({ env }: EngineOutside): Promise<readonly Platform[]> {
  const host = env['DOCKER_HOST'] ?? 'unix://'
  return host.startsWith('unix://') && process.platform === 'linux' ? readEmulated() : []
}
