import { access, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { JibArtifact } from '../../../config/index.ts'
import { ToolError } from '../../../errors/index.ts'
import type { Registry } from '../../../registry/index.ts'
import type { AutoSyncRequest, Builder, BuildRequest } from '../../contract.ts'
import { isInsecure, type RegistryTrust } from '../../registry-trust.ts'
import { findMade } from '../dockerfile/find-made.ts'
import { runInstalled, type EngineOutside } from '../dockerfile/run-engine.ts'
import { jibArguments, jibFilesArguments, jibSyncArguments, type JibType } from './jib-arguments.ts'
import { listJibFiles, parseJibFiles, type JibFiles } from './jib-dependencies.ts'
import { createJibSyncer, parseSyncMap, type JibSyncMap } from './jib-sync.ts'

/** What the jib builder needs from outside. */
export interface JibBuilderParts extends EngineOutside {
  /** Knows what was pushed. */
  readonly registry: Registry
  readonly trust: RegistryTrust
  /** Tests of the projects are left out. */
  readonly skipTests?: boolean
}

/**
 * Builds Java projects with the jib plugin of Maven or Gradle, once for all platforms: it needs no Docker, takes each
 * platform's base image, and pushes the index itself.
 *
 * `build` throws BUILD_TOOL_FAILED, BUILD_TOOL_MISSING, BUILD_RESULT_INVALID, and what registries throw.
 */
export function createJibBuilder(parts: JibBuilderParts): Builder {
  const known = new Map<string, { readonly files: JibFiles; readonly stamp: string }>()
  const syncer = createJibSyncer()
  return {
    multiPlatform: true,
    async build(request) {
      const startedAt = Date.now()
      const { contextFolder, reference, platforms, push, signal, emit } = request
      const { image } = request.artifact
      const jib = jibOf(request)
      const type = await findType(jib, contextFolder, image)
      const insecure = isInsecure(reference.registry, parts.trust)
      const skipTests = parts.skipTests === true
      const job = { jib, type, insecure, platforms, push, reference, skipTests, ...parentsOf(request) }
      const args = jibArguments(job)
      const report = (text: string): void => emit({ type: 'buildOutput', image, text })
      await runInstalled({ ...(await program(type, contextFolder)), args, signal, report, about: { image } }, parts)
      const digest = await findMade(request, parts)
      syncer.built(keyOf(request), startedAt)
      return { kind: 'pushed', digest }
    },
    async autoSync(request) {
      const files = known.get(keyOf(request))?.files.build ?? []
      const buildFiles = files.map((path) => resolve(request.contextFolder, path))
      const readMap = async (): Promise<JibSyncMap> => readSyncMap(request, parts)
      return syncer.changes(keyOf(request), request, { buildFiles, readMap, now: Date.now })
    },
    async dependencies(request) {
      const { contextFolder, signal, artifact } = request
      const jib = jibOf(request)
      const key = keyOf(request)
      const former = known.get(key)
      // the build tools take seconds to start, and only their own files change what they say
      if (former !== undefined && former.stamp === (await stampOf(former.files))) {
        return listJibFiles(former.files, contextFolder, signal)
      }
      const type = await findType(jib, contextFolder, artifact.image)
      const args = jibFilesArguments(jib, type)
      const about = { image: artifact.image }
      const outcome = await runInstalled({ ...(await program(type, contextFolder)), args, signal, about }, parts)
      const files = parseJibFiles(outcome.stdout)
      known.set(key, { files, stamp: await stampOf(files) })
      return listJibFiles(files, contextFolder, signal)
    },
  }
}

async function readSyncMap(request: AutoSyncRequest, parts: JibBuilderParts): Promise<JibSyncMap> {
  const { artifact, contextFolder, signal } = request
  const jib = jibOf(request)
  const type = await findType(jib, contextFolder, artifact.image)
  const call = { ...(await program(type, contextFolder)), args: jibSyncArguments(jib, type), signal }
  const { stdout } = await runInstalled({ ...call, about: { image: artifact.image } }, parts)
  return parseSyncMap(stdout)
}

/** Of a project. */
function keyOf(request: Pick<BuildRequest, 'artifact' | 'contextFolder'>): string {
  return `${request.contextFolder}\0${jibOf(request).project ?? ''}`
}

function parentsOf({ parents }: BuildRequest): Pick<BuildRequest, 'parents'> {
  return parents === undefined ? {} : { parents }
}

function jibOf({ artifact }: Pick<BuildRequest, 'artifact'>): JibArtifact {
  if (artifact.builder.kind === 'jib') return artifact.builder
  throw new Error(`the jib builder does not build ${artifact.builder.kind} artifacts`)
}

const markers: Readonly<Record<JibType, readonly string[]>> = {
  maven: ['pom.xml', '.mvn'],
  gradle: [
    'build.gradle',
    'build.gradle.kts',
    'settings.gradle',
    'settings.gradle.kts',
    'gradlew',
    'gradle.properties',
  ],
}

/** The build tool of a project. @throws BUILD_TOOL_MISSING when there is none */
export async function findType({ type }: JibArtifact, folder: string, image: string): Promise<JibType> {
  if (type === 'maven' || type === 'gradle') return type
  for (const candidate of ['maven', 'gradle'] as const) {
    for (const name of markers[candidate]) if (await isThere(join(folder, name))) return candidate
  }
  throw new ToolError(
    'BUILD_TOOL_MISSING',
    `${image} is built with jib, and ${folder} holds no Maven or Gradle project`,
    {
      hint: 'set context of the artifact to the folder that holds pom.xml or build.gradle',
    },
  )
}

interface Program {
  readonly command: string
  readonly cwd: string
  readonly how: string
}

const programs = {
  maven: {
    wrapper: 'mvnw',
    installed: 'mvn',
    how: 'install Maven (https://maven.apache.org), or add its wrapper mvnw',
  },
  gradle: {
    wrapper: 'gradlew',
    installed: 'gradle',
    how: 'install Gradle (https://gradle.org), or add its wrapper gradlew',
  },
} as const

/** The project's own wrapper, which fetches the right version of the tool, or the installed one. */
async function program(type: JibType, folder: string): Promise<Program> {
  const { wrapper, installed, how } = programs[type]
  const path = join(folder, wrapper)
  return { command: (await isThere(path)) ? path : installed, cwd: folder, how }
}

/** Changes when one of the files does. */
async function stampOf({ build }: JibFiles): Promise<string> {
  const times = await Promise.all(build.map(async (path) => (await stat(path).catch(() => undefined))?.mtimeMs ?? 0))
  return times.join(' ')
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
