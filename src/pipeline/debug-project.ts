import type { Emit } from '../events/index.ts'
import type { Context, DevOptions, Project } from './contract.ts'
import { buildForDebuggers } from './debug-arguments.ts'
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

async function forDebuggers(context: Context, project: Project): Promise<Project> {
  return {
    ...project,
    configs: await Promise.all(
      project.configs.map(async (config) => ({
        ...config,
        build: {
          ...config.build,
          artifacts: await Promise.all(
            config.build.artifacts.map(async (artifact) =>
              buildForDebuggers(artifact, contextFolder(context, config, artifact)),
            ),
          ),
        },
      })),
    ),
  }
}
