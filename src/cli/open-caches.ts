import { join, resolve } from 'node:path'
import type { Builder, KeptDocuments, MovingRegistry, NativeBuilderParts } from '../build/index.ts'
import { isToolError } from '../errors/index.ts'
import type { Context } from '../pipeline/index.ts'
import type { RunProcess } from '../subprocess/index.ts'
import { attestingOf, indexTypeOf } from './image-shape.ts'
import type { PlacedParts } from './builder-parts.ts'
import { cacheFolder } from './cache-folder.ts'
import type { Invocation } from './command.ts'
import { containerHost } from './host-platform.ts'
import { once } from './once.ts'

type Findings = Required<Pick<NativeBuilderParts, 'digests' | 'layers'>> & Pick<NativeBuilderParts, 'compressionLevel'>

/** What is kept between builds. */
export interface Caches {
  /** What files and layers hold. */
  readonly findings: () => Promise<Findings>
  /** What registries have said. */
  readonly documents: () => Promise<KeptDocuments>
  /** The builder with the cache of artifacts, unless `--cache-artifacts=false` turns it off. */
  readonly withArtifacts: (builder: Builder, parts: Pick<PlacedParts, 'bases'>) => Promise<Builder>
}

interface CacheParts {
  readonly runProcess: RunProcess
  readonly registry: Context['registry']
  readonly movingRegistry?: MovingRegistry
}

/** Nothing is opened before it is needed; all builders share what is opened. */
export function createCaches(invocation: Invocation, { runProcess, registry, movingRegistry }: CacheParts): Caches {
  const { flags, env, cwd } = invocation
  const [attesting, indexType] = [attestingOf(invocation), indexTypeOf(invocation)]
  const folder = cacheFolder(env)
  const isOn = flags.has('cache-artifacts') && flags.bool('cache-artifacts')
  const given = flags.has('cache-file') ? flags.text('cache-file') : undefined
  const file = given === undefined ? join(folder, 'artifacts') : resolve(cwd, given)
  const level = compressionLevel(flags)
  const findings = once(async () => {
    const { openFileDigests } = await import('../workspace/index.ts')
    const { openLayerStore } = await import('../build/index.ts')
    return {
      digests: openFileDigests({ cacheFolder: join(folder, 'files'), now: Date.now }),
      layers: openLayerStore({ folder: join(folder, 'layers'), now: Date.now }),
      ...level,
    }
  })
  const documents = once(async () => {
    const { keepDocuments } = await import('../build/index.ts')
    return keepDocuments(await registry(), (await findings()).layers, Date.now)
  })
  return {
    findings,
    documents,
    async withArtifacts(builder, { bases }) {
      if (!isOn) return builder
      const { cacheBuilder, followRegistry, openArtifactRecords } = await import('../build/index.ts')
      const { digests } = await findings()
      const inFile = openArtifactRecords(file)
      const records = movingRegistry === undefined ? inFile : followRegistry(inFile, movingRegistry)
      const local = { has: inEngine(runProcess, env) }
      const images = { registry: (await documents()).checked, bases: await bases() }
      const outside = { ...images, host: containerHost(), env, local, attesting }
      const types = indexType === undefined ? {} : { indexType }
      return cacheBuilder(builder, { ...outside, ...level, ...types, records, digests })
    },
  }
}

function compressionLevel(flags: Invocation['flags']): Pick<NativeBuilderParts, 'compressionLevel'> {
  const given = flags.has('compression-level') ? flags.text('compression-level') : undefined
  return given === undefined ? {} : { compressionLevel: Number(given) }
}

/** Whether Docker's engine has an image; without one it has none. */
function inEngine(
  runProcess: RunProcess,
  env: Invocation['env'],
): (name: string, signal: AbortSignal) => Promise<boolean> {
  return async (name, signal) => {
    const args = ['image', 'inspect', '--format', '{{.Id}}', name]
    try {
      return (await runProcess({ command: 'docker', args, env, signal })).status === 0
    } catch (error) {
      if (isToolError(error, 'PROGRAM_MISSING')) return false
      throw error
    }
  }
}
