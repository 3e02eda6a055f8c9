import type { Artifact, DockerArtifact } from '../../config/index.ts'
import {
  findOrigin,
  isGitSource,
  isPinnedGitSource,
  isUrlSource,
  type BuildPlan,
  type Instruction,
  type PlannedStage,
} from '../../dockerfile/index.ts'
import type { BaseInspector } from '../../inspect/index.ts'
import type { Platform } from '../../platform/index.ts'
import { asDocker, sentFolder } from '../builders/kaniko/kaniko-context.ts'
import { baseOf, koFolder, readKoFile } from '../builders/ko/ko-settings.ts'
import { planWithBases } from '../builders/native/plan-with-bases.ts'
import { readDockerfile } from '../builders/native/read-dockerfile.ts'
import { absoluteName } from '../builders/native/image-store.ts'

/** What an artifact is built for, and on. */
export interface BaseImagesRequest {
  readonly artifact: Artifact
  readonly contextFolder: string
  readonly platform: Platform
  /** This machine as containers see it. */
  readonly host: Platform
  /** Tells what base images add; absent: nothing is known of them. */
  readonly bases?: BaseInspector
  readonly signal: AbortSignal
}

/**
 * The names of images that a build starts from or copies from, as far as the configuration says. Undefined for a
 * Dockerfile that adds what may be something else each time.
 */
export async function baseNames(request: BaseImagesRequest): Promise<readonly string[] | undefined> {
  const { builder } = request.artifact
  if (builder.kind === 'docker') return dockerfileNames(builder, request)
  if (builder.kind === 'kaniko') {
    return dockerfileNames(asDocker(builder), { ...request, contextFolder: sentFolder(request.contextFolder, builder) })
  }
  if (builder.kind === 'custom' && builder.dependencies.dockerfile !== undefined) {
    const { path, buildArgs } = builder.dependencies.dockerfile
    return dockerfileNames({ kind: 'docker', dockerfile: path, buildArgs }, request)
  }
  const { requires = [] } = request.artifact
  const names = await namedBases(request)
  // what is required counts by itself, under whatever name
  return names.filter((name) => !requires.some(({ alias, image }) => alias === name || image === name))
}

/** Of builders that are told which images they use. */
async function namedBases({ artifact: { builder }, contextFolder }: BaseImagesRequest): Promise<readonly string[]> {
  if (builder.kind === 'buildpacks') return [builder.builder, builder.runImage].filter((name) => name !== undefined)
  if (builder.kind === 'ko') return [baseOf(builder, await readKoFile(koFolder(contextFolder, builder)))]
  return builder.kind === 'jib' && builder.fromImage !== undefined ? [builder.fromImage] : []
}

async function dockerfileNames(
  docker: DockerArtifact,
  { contextFolder, platform, host, bases, signal }: BaseImagesRequest,
): Promise<readonly string[] | undefined> {
  const { dockerfile } = await readDockerfile(docker, contextFolder)
  const { buildArgs, target } = docker
  const wanted = { platform, buildPlatform: host, buildArgs, ...(target === undefined ? {} : { target }) }
  const inherited = { bases, contextFolder, isAnyPlatform: false, unbuilt: new Set<string>(), signal }
  const plan = await planWithBases(dockerfile, wanted, inherited)
  if (plan.needed.some(({ instructions }) => instructions.some(isUnknownRemote))) return undefined
  const names = plan.needed.flatMap((stage) => [
    ...(stage.base.kind === 'image' ? [stage.base.name] : []),
    ...stage.instructions.flatMap((instruction) => copiedImages(instruction, stage, plan)),
  ])
  return [...new Set(names)].map((name) => absoluteName(name, contextFolder)).sort()
}

function isUnknownRemote(instruction: Instruction): boolean {
  if (instruction.kind !== 'add' || instruction.checksum !== undefined) return false
  return instruction.sources.some((source) => {
    if (source.includes('$')) return true
    return isUrlSource(source) || (isGitSource(source) && !isPinnedGitSource(source))
  })
}

function copiedImages(instruction: Instruction, stage: PlannedStage, { stages }: BuildPlan): readonly string[] {
  return sourcesOf(instruction).flatMap((from) => {
    const origin = findOrigin(from, stage, { stages, at: instruction.at })
    return origin.kind === 'image' ? [origin.name] : []
  })
}

/** Of COPY, and of the mounts of RUN. */
function sourcesOf(instruction: Instruction): readonly string[] {
  if (instruction.kind === 'copy') return instruction.from === undefined ? [] : [instruction.from]
  if (instruction.kind !== 'run') return []
  return instruction.flags.flatMap((flag) => /^--mount=(?:.*,)?from=([^,]+)/.exec(flag)?.[1] ?? [])
}
