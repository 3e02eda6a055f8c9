import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Builder, EngineOutside, NativeBuilderParts } from '../build/index.ts'
import type { Artifact } from '../config/index.ts'
import { ToolError } from '../errors/index.ts'
import type { Context, Project } from '../pipeline/index.ts'
import type { RunProcess } from '../subprocess/index.ts'
import { createLimiter, memoizeAsync } from '../support/index.ts'
import { cacheFolder } from './cache-folder.ts'
import type { Closing } from './closing.ts'
import type { Invocation } from './command.ts'
import { containerHost } from './host-platform.ts'
import { makeWorkFolder } from './work-folder.ts'

/** What builders are made of. */
export interface BuilderParts {
  readonly project: Project
  readonly runProcess: RunProcess
  readonly closing: Closing
  readonly registry: Context['registry']
}

type Kind = Artifact['builder']['kind']

/**
 * The builders by the kind of artifact, each made when it is first needed, and limited: Dockerfiles to a build per
 * processor, scripts to one at a time, as in Skaffold, unless `build.local.concurrency` says otherwise (0: no limit).
 */
export function createBuilders(invocation: Invocation, parts: BuilderParts): Context['builder'] {
  const configured = parts.project.configs.flatMap((config) => config.build.local?.concurrency ?? [])
  return memoizeAsync(async (kind) => {
    const { limitBuilder } = await import('../build/index.ts')
    const builder = await createBuilder(kind, invocation, parts)
    const usual = kind === 'custom' ? 1 : availableParallelism()
    const asked = configured.length === 0 ? usual : Math.min(...configured)
    return limitBuilder(builder, createLimiter(asked > 0 ? asked : Number.POSITIVE_INFINITY))
  })
}

async function createBuilder(kind: Kind, invocation: Invocation, parts: BuilderParts): Promise<Builder> {
  const { createCustomBuilder } = await import('../build/index.ts')
  if (kind === 'docker') return dockerfileBuilder(invocation, parts)
  const registry = await parts.registry()
  if (kind === 'custom') return createCustomBuilder({ ...outsideOf(invocation, parts), registry })
  throw new ToolError('CONFIG_UNSUPPORTED_FIELD', `this version of catamaran has no builder for ${kind} artifacts`, {
    hint: 'build it with a custom buildCommand',
  })
}

async function dockerfileBuilder(invocation: Invocation, parts: BuilderParts): Promise<Builder> {
  const build = await import('../build/index.ts')
  const { flags, env } = invocation
  const outside = outsideOf(invocation, parts)
  const host = containerHost()
  const workFolder = await makeWorkFolder(parts.closing)
  const built = build.rememberImages(await parts.registry())
  const configured = parts.project.configs.flatMap((config) => config.build.insecureRegistries ?? [])
  return build.createDockerfileBuilder({
    native: build.createNativeBuilder({ registry: built.registry, workFolder, env, host, ...(await openCaches(env)) }),
    engines: [
      build.createDockerEngine(outside),
      build.createBuildahEngine({ ...outside, name: 'buildah', host }),
      build.createBuildahEngine({ ...outside, name: 'podman', host }),
    ],
    built,
    workFolder,
    host,
    insecureRegistries: [...(flags.has('insecure-registry') ? flags.list('insecure-registry') : []), ...configured],
  })
}

async function openCaches(env: Invocation['env']): Promise<Pick<NativeBuilderParts, 'digests' | 'layers'>> {
  const [{ openFileDigests }, { openLayerStore }] = await Promise.all([
    import('../workspace/index.ts'),
    import('../build/index.ts'),
  ])
  const folder = cacheFolder(env)
  return {
    digests: openFileDigests({ cacheFolder: join(folder, 'files'), now: Date.now }),
    layers: openLayerStore({ folder: join(folder, 'layers'), now: Date.now }),
  }
}

function outsideOf({ env, cwd }: Invocation, { runProcess }: BuilderParts): EngineOutside {
  return { runProcess, env, cwd }
}
