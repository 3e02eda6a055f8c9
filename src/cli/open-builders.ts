import { availableParallelism } from 'node:os'
import type { Builder } from '../build/index.ts'
import { ToolError } from '../errors/index.ts'
import type { Context, Project } from '../pipeline/index.ts'
import type { RunProcess } from '../subprocess/index.ts'
import { createLimiter, memoizeAsync } from '../support/index.ts'
import type { Closing } from './closing.ts'
import type { Invocation } from './command.ts'
import { makeWorkFolder } from './work-folder.ts'

/** What builders are made of. */
export interface BuilderParts {
  readonly project: Project
  readonly runProcess: RunProcess
  readonly closing: Closing
  readonly registry: Context['registry']
}

/**
 * The builders by the kind of artifact, each made when it is first needed, and limited: the native one to a build per
 * processor, scripts to one at a time, as in Skaffold, unless `build.local.concurrency` says otherwise (0: no limit).
 */
export function createBuilders({ env }: Invocation, parts: BuilderParts): Context['builder'] {
  const { project, runProcess, closing } = parts
  const configured = project.configs.flatMap((config) => config.build.local?.concurrency ?? [])
  const limited = async (builder: Builder, usual: number): Promise<Builder> => {
    const { limitBuilder } = await import('../build/index.ts')
    const asked = configured.length === 0 ? usual : Math.min(...configured)
    return limitBuilder(builder, createLimiter(asked > 0 ? asked : Number.POSITIVE_INFINITY))
  }
  return memoizeAsync(async (kind) => {
    const { createCustomBuilder, createNativeBuilder } = await import('../build/index.ts')
    const registry = await parts.registry()
    if (kind === 'custom') return limited(createCustomBuilder({ runProcess, env, registry }), 1)
    if (kind !== 'docker') throw unsupported(kind)
    const workFolder = await makeWorkFolder(closing)
    return limited(createNativeBuilder({ registry, workFolder, env }), availableParallelism())
  })
}

function unsupported(kind: string): ToolError {
  return new ToolError('CONFIG_UNSUPPORTED_FIELD', `this version of catamaran has no builder for ${kind} artifacts`, {
    hint: 'build it with a custom buildCommand',
  })
}
