import { availableParallelism } from 'node:os'
import type * as BuildRoom from '../build/index.ts'
import type { Builder } from '../build/index.ts'
import type { Artifact } from '../config/index.ts'
import { ToolError } from '../errors/index.ts'
import type { Context, Project } from '../pipeline/index.ts'
import type { RunProcess } from '../subprocess/index.ts'
import { createLimiter, memoizeAsync } from '../support/index.ts'
import type { Closing } from './closing.ts'
import type { Invocation } from './command.ts'
import { containerHost } from './host-platform.ts'
import { once } from './once.ts'
import { createCaches, type Caches } from './open-caches.ts'
import { makeWorkFolder } from './work-folder.ts'

/** What builders are made of. */
export interface BuilderParts {
  readonly project: Project
  readonly runProcess: RunProcess
  readonly closing: Closing
  readonly registry: Context['registry']
}

interface PartsWithCaches extends BuilderParts {
  readonly caches: Caches
}

type Kind = Artifact['builder']['kind']

/**
 * The builders by the kind of artifact, each made when it is first needed, and limited: a build per processor, where a
 * platform counts as one; scripts and programs that build everything themselves one at a time, as in Skaffold. With
 * `build.local.concurrency` as many as it says (0: no limit).
 */
export function createBuilders(invocation: Invocation, parts: BuilderParts): Context['builder'] {
  const configured = parts.project.configs.flatMap((config) => config.build.local?.concurrency ?? [])
  const caches = createCaches(invocation)
  const create = createBuilder(invocation, { ...parts, caches })
  return memoizeAsync(async (kind) => {
    const { limitBuilder } = await import('../build/index.ts')
    const builder = await create(kind)
    const usual = builder.multiPlatform ? 1 : availableParallelism()
    const asked = configured.length === 0 ? usual : Math.min(...configured)
    const limited = limitBuilder(builder, createLimiter(asked > 0 ? asked : Number.POSITIVE_INFINITY))
    return caches.withArtifacts(limited, parts.registry)
  })
}

function createBuilder(invocation: Invocation, parts: PartsWithCaches): (kind: Kind) => Promise<Builder> {
  const { env, cwd } = invocation
  const outside = { runProcess: parts.runProcess, env, cwd }
  const host = containerHost()
  const insecureRegistries = insecureOf(invocation, parts.project)
  const native = once(async () => openNative(invocation, parts))
  const make: Partial<Record<Kind, (build: typeof BuildRoom) => Promise<Builder>>> = {
    docker: async (build) => {
      const engines = [
        build.createDockerEngine(outside),
        build.createBuildahEngine({ ...outside, name: 'buildah', host }),
        build.createBuildahEngine({ ...outside, name: 'podman', host }),
      ]
      return build.createDockerfileBuilder({ ...(await native()), engines, host, insecureRegistries })
    },
    custom: async (build) => build.createCustomBuilder({ ...outside, registry: await parts.registry() }),
    jib: async (build) => {
      const isInsecure = (registry: string): boolean => insecureRegistries.includes(registry) || isLoopback(registry)
      return build.createJibBuilder({ ...outside, registry: await parts.registry(), isInsecure })
    },
    ko: async (build) => build.createKoBuilder({ ...outside, ...(await native()) }),
    bazel: async (build) => build.createBazelBuilder({ ...outside, ...(await native()) }),
    buildpacks: async (build) => build.createPackBuilder({ ...outside, ...(await native()) }),
  }
  return async (kind) => {
    const builder = await make[kind]?.(await import('../build/index.ts'))
    if (builder !== undefined) return builder
    throw new ToolError('CONFIG_UNSUPPORTED_FIELD', `this version of catamaran has no builder for ${kind} artifacts`, {
      hint: 'build it with a custom buildCommand',
    })
  }
}

/** The native builder, what it reads images from, and the folder that images are kept in until they are pushed. */
async function openNative(
  { env }: Invocation,
  { closing, registry, caches }: PartsWithCaches,
): Promise<{ readonly native: Builder; readonly built: BuildRoom.BuiltImages; readonly workFolder: string }> {
  const { createNativeBuilder, rememberImages } = await import('../build/index.ts')
  const workFolder = await makeWorkFolder(closing)
  const built = rememberImages(await registry())
  const findings = await caches.findings()
  const native = createNativeBuilder({ registry: built.registry, workFolder, env, host: containerHost(), ...findings })
  return { native, built, workFolder }
}

function insecureOf({ flags }: Invocation, { configs }: Project): readonly string[] {
  const given = flags.has('insecure-registry') ? flags.list('insecure-registry') : []
  return [...given, ...configs.flatMap((config) => config.build.insecureRegistries ?? [])]
}

function isLoopback(registry: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/.test(registry)
}
