import { ToolError } from '../../../errors/index.ts'
import type { Image } from '../../../image/index.ts'
import type { Engine, EngineFeature, EngineJob, EngineState } from '../dockerfile/engine.ts'
import { isLoopbackHost } from '../../registry-trust.ts'
import { probeOnce } from '../dockerfile/probe-once.ts'
import type { EngineOutside } from '../dockerfile/run-engine.ts'
import { buildByBuildx } from './build-by-buildx.ts'
import { buildInEngine } from './build-in-engine.ts'
import { findDocker, type DockerFacts, type DockerSettings } from './find-docker.ts'

/**
 * Docker through its command line: buildx with any of its drivers and as many machines as the builder has, else the
 * engine's old builder. One platform is built per call, so that it needs no engine that can keep several.
 */
export function createDockerEngine(outside: EngineOutside, settings: DockerSettings = {}): Engine {
  const find = probeOnce(async (signal) => findDocker(outside, settings, signal))
  return {
    name: 'docker',
    async probe(signal) {
      const facts = await find(signal)
      return 'why' in facts ? { isThere: false, hint: getDocker, ...facts } : stateOf(facts)
    },
    async build(job) {
      const facts = await find(job.signal)
      if ('why' in facts) throw new ToolError('BUILD_TOOL_MISSING', facts.why, { hint: facts.hint ?? getDocker })
      sayUnreachable(job, facts)
      return build(job, facts, { outside, settings })
    },
  }
}

const getDocker = 'install Docker with buildx (https://docs.docker.com/engine/install), and start it'

function stateOf({ title, platforms, buildx, canSquash }: DockerFacts): EngineState {
  const lacks: readonly EngineFeature[] = [
    ...(buildx === undefined ? (['secrets', 'ssh'] as const) : []),
    ...(canSquash ? [] : (['squash'] as const)),
  ]
  const hasNodes = buildx !== undefined && buildx.builder.driver !== 'docker'
  return { isThere: true, title, platforms, lacks, ...(hasNodes ? { nodes: buildx.builder.nodes } : {}) }
}

/** No flag says to Docker that a registry needs no TLS: the machine that builds has to know. */
function sayUnreachable({ insecureRegistries, report }: EngineJob, facts: DockerFacts): void {
  const known = facts.insecureRegistries ?? []
  const hosts = insecureRegistries.filter((host) => !isLoopbackHost(host) && !known.includes(host))
  if (hosts.length === 0) return
  const isOwn = facts.buildx === undefined || facts.buildx.builder.driver === 'docker'
  const where = isOwn ? '"insecure-registries" of daemon.json' : 'http or insecure = true of buildkitd.toml'
  report(`${facts.title} reaches registries as its own configuration says: ${hosts.join(', ')} must be in ${where}`)
}

interface How {
  readonly outside: EngineOutside
  readonly settings: DockerSettings
}

/** BuildKit does not join layers, and the engine's old builder writes nowhere but into the engine. */
async function build(job: EngineJob, { buildx }: DockerFacts, { outside, settings }: How): Promise<Image> {
  if (buildx === undefined || job.docker.squash === true) return buildInEngine(job, outside)
  return buildByBuildx(job, { buildx, settings, outside })
}
