import { ToolError } from '../../errors/index.ts'
import type { Emit } from '../../events/index.ts'
import { deleteResources } from '../../deploy/index.ts'
import { resourceName, type ResourceObject } from '../../resource/index.ts'
import { buildArtifacts } from '../build-project.ts'
import type { BuiltArtifact, Context, DevOptions, Project } from '../contract.ts'
import { deployBuilt } from '../deploy-project.ts'
import { followProjectLogs, type FollowedLogs } from '../logs.ts'
import { listNodes } from '../nodes.ts'
import { testBuilt } from '../test-project.ts'
import type { Work } from './work.ts'

/** What the dev loop does: iterations, one after the other, and the clean-up after them. */
export interface Iterations {
  run(work: Work): Promise<void>
  /** Ends the logs and, when asked to, deletes everything that was ever applied. Does not heed the session's signal. */
  cleanUp(isWanted: boolean): Promise<void>
  close(): Promise<void>
}

/** What iterations work with. */
export interface IterationsOptions {
  readonly options: DevOptions
  readonly project: () => Project
  readonly reload: () => Promise<void>
}

/** Keeps what was built and applied from one iteration to the next. */
export function createIterations(outer: Context, settings: IterationsOptions): Iterations {
  const context = { ...outer, emit: onlyNews(outer.emit) }
  const { options, project } = settings
  const built = new Map<string, BuiltArtifact>()
  const applied = new Map<string, ResourceObject>()
  const logs = createLogs(context)
  let stage = 'build'
  let isFirst = true

  const iterate = async (work: Work): Promise<void> => {
    stage = 'build'
    if (work.reload) await settings.reload()
    const nodes = await listNodes(context)
    const wanted = { ...options.build, nodes: options.build.checkCluster ? nodes : [], isDeployed: true }
    const changed = await buildArtifacts(context, onlyImages(project(), work.images), wanted)
    for (const artifact of changed) built.set(artifact.image, artifact)
    stage = 'test'
    if (options.skipTests !== true) await testBuilt(context, project(), changed)
    stage = 'deploy'
    const images = inOrder(project(), built)
    const { refs } = await deployBuilt(context, project(), {
      built: images,
      nodes,
      deploy: options.deploy,
      onApply: (objects) => {
        for (const object of objects) applied.set(keyOf(object), object)
      },
    })
    if (options.deploy.tail) await logs.follow({ project: project(), refs, built: images })
    isFirst = false
  }

  return {
    async run(work) {
      try {
        await iterate(work)
      } catch (error) {
        throw isFirst && !context.signal.aborted ? firstFailure(stage, error) : error
      }
    },
    async cleanUp(isWanted) {
      await logs.end()
      if (!isWanted || applied.size === 0) return
      context.emit({ type: 'cleaningUp' })
      // The session's signal is aborted by now; a second Ctrl+C ends the process.
      const { signal } = new AbortController()
      await deleteResources(await context.connect(), { objects: [...applied.values()], emit: context.emit, signal })
    },
    close: () => logs.end(),
  }
}

/** Where a pod landed, and what is to be warned of, is said once and not in every iteration. */
function onlyNews(emit: Emit): Emit {
  const seen = new Set<string>()
  return (event) => {
    if (event.type === 'podPlaced' || event.type === 'warning') {
      const news = event.type === 'warning' ? event.text : event.pod
      if (seen.has(news)) return
      seen.add(news)
    }
    emit(event)
  }
}

function onlyImages(project: Project, images: Work['images']): Project {
  if (images === 'all') return project
  return {
    ...project,
    configs: project.configs.map((config) => ({
      ...config,
      build: { ...config.build, artifacts: config.build.artifacts.filter(({ image }) => images.includes(image)) },
    })),
  }
}

/** In the order of the configurations; what is no artifact any more is left out. */
function inOrder(project: Project, built: ReadonlyMap<string, BuiltArtifact>): readonly BuiltArtifact[] {
  return project.configs.flatMap((config) => config.build.artifacts.flatMap(({ image }) => built.get(image) ?? []))
}

function keyOf(object: ResourceObject): string {
  return `${object.metadata.namespace ?? ''} ${resourceName(object)}`
}

/** Skaffold's words for the end of a session that never came up. */
function firstFailure(stage: string, error: unknown): unknown {
  if (!(error instanceof ToolError)) return error
  return new ToolError(error.code, `exiting dev mode because first ${stage} failed: ${error.message}`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.where === undefined ? {} : { where: error.where }),
    cause: error.cause,
  })
}

interface Logs {
  /** Follows the pods of these objects; nothing changes when they are followed already. */
  follow(logs: FollowedLogs): Promise<void>
  end(): Promise<void>
}

function createLogs(context: Context): Logs {
  let running: { readonly key: string; readonly controller: AbortController; readonly done: Promise<void> } | undefined
  const end = async (): Promise<void> => {
    const ending = running
    running = undefined
    ending?.controller.abort()
    await ending?.done
  }
  return {
    async follow(logs) {
      const key = JSON.stringify(logs.refs)
      if (running?.key === key) return
      const again = running === undefined ? {} : { sinceSeconds: 1 }
      await end()
      const controller = new AbortController()
      const done = followUntilEnd({ ...context, signal: controller.signal }, { ...logs, ...again })
      running = { key, controller, done }
    },
    end,
  }
}

/** Logs are a convenience: when they break off, the session goes on and says so. */
async function followUntilEnd(context: Context, logs: FollowedLogs): Promise<void> {
  try {
    await followProjectLogs(context, logs)
  } catch (error) {
    if (context.signal.aborted) return
    const text = `logs are not followed any more: ${error instanceof Error ? error.message : String(error)}`
    context.emit({ type: 'warning', text })
  }
}
