import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ToolError } from '../../../errors/index.ts'
import type { Image } from '../../../image/index.ts'
import type { Engine, EngineJob } from '../dockerfile/engine.ts'
import { onlyImageFor, readLayoutImages } from '../dockerfile/read-export.ts'
import { readArchiveImages } from '../dockerfile/read-archive.ts'
import { probeOnce } from '../dockerfile/probe-once.ts'
import { runTool, type EngineOutside } from '../dockerfile/run-engine.ts'
import { buildxArguments, classicArguments } from './docker-arguments.ts'
import { findDocker, type DockerFacts } from './find-docker.ts'

/**
 * Docker's engine, through its command line: buildx with any of its drivers, else the engine's old builder. One platform is
 * built per call, so that it needs no engine that can keep several.
 */
export function createDockerEngine(outside: EngineOutside): Engine {
  const find = probeOnce(async (signal) => findDocker(outside, signal))
  return {
    name: 'docker',
    async probe(signal) {
      const facts = await find(signal)
      if ('why' in facts) {
        return {
          isThere: false,
          why: facts.why,
          hint: 'install Docker with buildx (https://docs.docker.com/engine/install), and start it',
        }
      }
      const buildx = facts.buildx === undefined ? 'without buildx' : `with buildx ${facts.buildx.version}`
      return { isThere: true, title: `Docker ${facts.version} ${buildx}`, platforms: facts.platforms }
    },
    async build(job) {
      const facts = await find(job.signal)
      if ('why' in facts) throw new ToolError('BUILD_TOOL_MISSING', facts.why)
      return build(job, facts, outside)
    },
  }
}

async function build(job: EngineJob, { buildx }: DockerFacts, outside: EngineOutside): Promise<Image> {
  const { folder, signal, report, image, platform } = job
  const about = { image, platform }
  const run = async (args: readonly string[], isReported = true): Promise<void> => {
    await runTool(
      {
        command: 'docker',
        args,
        signal,
        about,
        ...(isReported ? { report } : {}),
        env: buildEnv(buildx !== undefined),
      },
      outside,
    )
  }
  if (buildx?.writesLayouts === true && job.docker.squash !== true) {
    const layout = join(folder, 'layout')
    await run(buildxArguments(job, ['--output', `type=oci,dest=${layout},tar=false`]))
    return onlyImageFor(platform, await readLayoutImages(layout), 'docker')
  }
  // Only the engine's own store can take the image: it is saved from there and removed again.
  const tag = `catamaran.invalid/build:${randomUUID()}`
  const archive = join(folder, 'image.tar')
  const isClassic = buildx === undefined || job.docker.squash === true
  // it cannot read layouts either: parents that were not pushed are in it already
  const inEngine = { ...job, parents: [] }
  await run(isClassic ? classicArguments(job, tag) : buildxArguments(inEngine, ['--load', '--tag', tag]))
  try {
    await run(['save', '--output', archive, tag], false)
  } finally {
    await outside.runProcess({ command: 'docker', args: ['rmi', tag], env: outside.env, cwd: outside.cwd })
  }
  const images = await readArchiveImages(archive, folder, signal)
  await rm(archive, { force: true })
  return onlyImageFor(platform, images, 'docker')
}

function buildEnv(hasBuildx: boolean): Readonly<Record<string, string>> {
  // A client without buildx refuses to build unless it is told to use the old builder.
  return { DOCKER_BUILDKIT: hasBuildx ? '1' : '0', BUILDX_NO_DEFAULT_ATTESTATIONS: '1' }
}
