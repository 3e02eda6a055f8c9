import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Artifact, SkaffoldConfig } from '../config/index.ts'
import type { Emit } from '../events/index.ts'
import type { Context, DevOptions, Project } from './contract.ts'
import { devProject } from './dev/dev-project.ts'
import { contextFolder } from './plan-builds.ts'

/** What `debug` is asked for. */
export interface DebugProjectOptions extends DevOptions {
  /** Of debuggers, the most wanted first. */
  readonly protocols: readonly string[]
}

/**
 * `devProject` with containers that debuggers can be connected to: images are built with what debuggers need, and
 * resources are rewritten.
 * @throws what `devProject` throws
 */
export async function debugProject(
  context: Context,
  loadProject: () => Promise<Project>,
  { protocols, ...options }: DebugProjectOptions,
): Promise<void> {
  const deploy = {
    ...options.deploy,
    labels: { ...options.deploy.labels, 'skaffold.dev/debug': 'true' },
    debug: { protocols },
  }
  const load = async (): Promise<Project> => forDebuggers(context, await loadProject())
  await devProject({ ...context, emit: onlyNews(context.emit) }, load, { ...options, deploy })
}

/** How to connect is said when it changes, and not in every iteration. */
function onlyNews(emit: Emit): Emit {
  const said = new Map<string, string>()
  return (event) => {
    if (event.type === 'debugReady') {
      const [key, text] = [`${event.resource} ${event.container}`, JSON.stringify(event)]
      if (said.get(key) === text) return
      said.set(key, text)
    }
    emit(event)
  }
}

/** Build arguments that Dockerfiles ask for to build for debuggers, as in Skaffold. */
const debugArguments: Readonly<Record<string, string>> = {
  SKAFFOLD_RUN_MODE: 'debug',
  SKAFFOLD_GO_GCFLAGS: 'all=-N -l',
}

async function forDebuggers(context: Context, project: Project): Promise<Project> {
  return {
    ...project,
    configs: await Promise.all(
      project.configs.map(async (config) => ({
        ...config,
        build: {
          ...config.build,
          artifacts: await Promise.all(
            config.build.artifacts.map(async (artifact) => withDebugArguments(context, config, artifact)),
          ),
        },
      })),
    ),
  }
}

async function withDebugArguments(context: Context, config: SkaffoldConfig, artifact: Artifact): Promise<Artifact> {
  const { builder } = artifact
  if (builder.kind === 'ko') return { ...artifact, builder: { ...builder, flags: [...(builder.flags ?? []), goFlag] } }
  if (builder.kind === 'buildpacks') {
    const env = [
      ...Object.entries(buildpackVariables).map(([name, value]) => `${name}=${value}`),
      ...(builder.env ?? []),
    ]
    return { ...artifact, builder: { ...builder, env } }
  }
  if (builder.kind !== 'docker' && builder.kind !== 'kaniko') return artifact
  const folder = resolve(contextFolder(context, config, artifact), subPathOf(builder))
  const text = await textOf(resolve(folder, builder.dockerfile))
  const declared = new Set([...text.matchAll(/^[ \t]*ARG[ \t]+(\w+)/gim)].map(([, name]) => name))
  const wanted = Object.entries(debugArguments).filter(([name]) => declared.has(name))
  return { ...artifact, builder: { ...builder, buildArgs: { ...Object.fromEntries(wanted), ...builder.buildArgs } } }
}

/** Go programs are compiled for debuggers, as in Skaffold. */
const goFlag = `-gcflags=${debugArguments['SKAFFOLD_GO_GCFLAGS'] ?? ''}`
const buildpackVariables: Readonly<Record<string, string>> = { GOOGLE_GOGCFLAGS: 'all=-N -l' }

function subPathOf(builder: Artifact['builder']): string {
  return builder.kind === 'kaniko' ? (builder.contextSubPath ?? '.') : '.'
}

/** The builder says what is wrong with a Dockerfile that cannot be read. */
async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}
