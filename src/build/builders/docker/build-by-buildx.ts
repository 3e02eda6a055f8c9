import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import { ToolError } from '../../../errors/index.ts'
import type { Image } from '../../../image/index.ts'
import { argumentVariables } from '../dockerfile/build-arguments.ts'
import type { EngineJob, EnginePush } from '../dockerfile/engine.ts'
import { onlyImageFor, readLayoutImages } from '../dockerfile/read-export.ts'
import { runTool, type EngineOutside } from '../dockerfile/run-engine.ts'
import { readBuildkitProgress } from './buildkit-progress.ts'
import { buildxArguments } from './docker-arguments.ts'
import type { BuildxFacts, DockerSettings } from './find-docker.ts'
import { takeFromEngine } from './build-in-engine.ts'

/** What a build by buildx is done with. */
export interface BuildxParts {
  readonly buildx: BuildxFacts
  readonly settings: DockerSettings
  readonly outside: EngineOutside
}

/**
 * Builds with buildx. Machines elsewhere push the image themselves, by its digest; others write it into a layout here; an
 * engine with its old store can only keep it, and it is saved from there.
 */
export async function buildByBuildx(job: EngineJob, parts: BuildxParts): Promise<Image> {
  const { buildx } = parts
  const { pushing } = job
  if (pushing !== undefined && buildx.isElsewhere && (buildx.isOnThisMachine || !pushing.isLoopback)) {
    return pushByDigest(job, pushing, parts)
  }
  if (!buildx.writesLayouts) {
    // it cannot read layouts either, only what is in the engine, and keeps no attestations
    const { hasProvenance: _, ...plain } = job
    return takeFromEngine(job, parts.outside, async (tag) =>
      run({ ...plain, parents: [] }, ['--load', '--tag', tag], parts),
    )
  }
  const layout = join(job.folder, 'layout')
  await run(job, ['--output', `type=oci,dest=${layout},tar=false`], parts)
  return onlyImageFor(job.platform, await readLayoutImages(layout), 'docker')
}

/** @see https://docs.docker.com/build/exporters/image-registry/ */
async function pushByDigest(job: EngineJob, push: EnginePush, parts: BuildxParts): Promise<Image> {
  const metadata = join(job.folder, 'metadata.json')
  const attributes = ['type=image', `name=${job.repository}`, 'push=true', 'push-by-digest=true', 'name-canonical=true']
  const insecure = push.isInsecure ? ['registry.insecure=true'] : []
  await run(job, ['--output', [...attributes, ...insecure].join(','), '--metadata-file', metadata], parts)
  const digest = await digestIn(metadata)
  job.report(`pushed by ${parts.buildx.builder.name}: ${digest}`)
  return onlyImageFor(job.platform, await push.read(digest), 'docker')
}

const metadataSchema = v.pipe(v.string(), v.parseJson(), v.looseObject({ 'containerimage.digest': v.string() }))

async function digestIn(path: string): Promise<string> {
  const parsed = v.safeParse(metadataSchema, await readFile(path, 'utf8').catch(() => ''))
  if (parsed.success) return parsed.output['containerimage.digest']
  throw new ToolError('BUILD_RESULT_INVALID', 'docker buildx did not say which image it has pushed', {
    hint: 'use buildx 0.10 or newer',
  })
}

async function run(job: EngineJob, output: readonly string[], parts: BuildxParts): Promise<void> {
  const { settings, outside, buildx } = parts
  const { builder, cacheTo } = settings
  const args = buildxArguments(job, {
    ...(builder === undefined ? {} : { builder }),
    ...(cacheTo === undefined ? {} : { cacheTo }),
    ...(buildx.reportsJson ? { progress: 'rawjson' } : {}),
    output,
  })
  const { image, platform, report, signal } = job
  const env = { ...argumentVariables(job.docker.buildArgs), DOCKER_BUILDKIT: '1', BUILDX_NO_DEFAULT_ATTESTATIONS: '1' }
  const reader = buildx.reportsJson ? { reader: readBuildkitProgress } : {}
  await runTool({ command: 'docker', args, env, report, ...reader, signal, about: { image, platform } }, outside)
}
