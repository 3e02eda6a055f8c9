import { relative } from 'node:path'
import type { Artifact } from '../../config/index.ts'
import { isToolError, ToolError } from '../../errors/index.ts'
import { createWatcher } from '../../watch/index.ts'
import { checkOneCluster } from '../clusters.ts'
import type { Context, DevOptions, Project } from '../contract.ts'
import { holdWork, type HeldWork } from './held-work.ts'
import { createIterations, type Iterations } from './iterations.ts'
import { createLogGate, type LogGate } from './log-gate.ts'
import { initialState, reduceDev, type DevState, type LoopEffect, type LoopEvent } from './reducer.ts'
import { watchFiles, type WatchedFiles } from './watched-files.ts'
import { isIdle } from './work.ts'

/**
 * Builds and deploys, then again whenever a file of the project changes, until the signal is aborted: its ordinary end.
 * Only artifacts whose files changed are built again. Cleans up in the end.
 * @throws what the first iteration throws, unless it shall go on; other failures are reported and the loop goes on
 */
export async function devProject(
  context: Context,
  loadProject: () => Promise<Project>,
  options: DevOptions,
): Promise<void> {
  const logs = createLogGate(context.emit)
  const inner: Context = { ...context, emit: logs.emit }
  let project = await loadProject()
  checkOneCluster(context, project, 'dev and debug')
  const images = project.configs.flatMap((config) => config.build.artifacts.map(({ image }) => image))
  context.emit({ type: 'listingFiles', images })
  // what is held is judged like everything else
  const watched = (): Project => withImages(project, options.watchImages ?? [])
  const files = watchFiles(inner, watched, options.control === undefined ? options.auto : undefined)
  await files.list()
  const iterations = createIterations(inner, {
    options,
    project: () => project,
    reload: async () => {
      project = await loadProject()
    },
  })
  await runLoop({ context: inner, iterations, files, logs, options })
}

/** With the artifacts whose name contains one of the expressions; without expressions all. */
function withImages(project: Project, expressions: readonly string[]): Project {
  if (expressions.length === 0) return project
  const isMeant = ({ image }: Artifact): boolean => expressions.some((expression) => image.includes(expression))
  return {
    ...project,
    configs: project.configs.map((config) => ({
      ...config,
      build: { ...config.build, artifacts: config.build.artifacts.filter(isMeant) },
    })),
  }
}

interface Loop {
  readonly context: Context
  readonly iterations: Iterations
  readonly files: WatchedFiles
  readonly logs: LogGate
  readonly options: DevOptions
}

/** Feeds what happens to the reducer and does what it says, until it says that this is the end. */
async function runLoop(loop: Loop): Promise<void> {
  const { context, files, options } = loop
  const ended = createEnd()
  let state: DevState = { ...initialState, failureEnds: options.keepRunningOnFailure !== true }
  const dispatch = (event: LoopEvent): void => {
    const step = reduceDev(state, event)
    state = step.state
    for (const effect of step.effects) {
      if (effect.type === 'end') ended.settle(effect.error)
      else perform(effect, loop, dispatch)
    }
  }
  const watching = new AbortController()
  const watcher = createWatcher({ ...options.watch, paths: () => files.list(), signal: watching.signal })
  const stop = (): void => dispatch({ type: 'stopped' })
  context.signal.addEventListener('abort', stop, { once: true })
  dispatch({ type: 'started' })
  if (context.signal.aborted) stop()
  const held = options.control === undefined ? undefined : holdWork(options.control)
  if (held !== undefined) options.control?.onAsk((asked) => dispatch({ type: 'changed', work: held.ask(asked) }))
  const followed = follow(watcher.changes(), { loop, held, dispatch, signal: watching.signal })
  try {
    await ended.promise
  } finally {
    context.signal.removeEventListener('abort', stop)
    watching.abort()
    await watcher.close()
    await followed
    await loop.iterations.close()
  }
}

function perform(effect: Exclude<LoopEffect, { type: 'end' }>, loop: Loop, dispatch: (event: LoopEvent) => void): void {
  const { context, iterations, logs } = loop
  switch (effect.type) {
    case 'work':
      context.emit({ type: 'iterationStarted' })
      logs.hold()
      iterations.run(effect.work).then(
        () => dispatch({ type: 'finished' }),
        (error: unknown) => dispatch({ type: 'failed', error }),
      )
      return
    case 'watch':
      context.emit({ type: 'watching' })
      logs.release()
      return
    case 'report':
      context.emit({ type: 'iterationFailed', ...describeError(effect.error) })
      return
    case 'cleanUp':
      logs.release()
      iterations.cleanUp(loop.options.cleanup).then(
        () => dispatch({ type: 'cleaned' }),
        (error: unknown) => dispatch({ type: 'cleaned', error }),
      )
  }
}

/** A promise that fails with an error, or is fulfilled without one. */
function createEnd(): { readonly promise: Promise<void>; readonly settle: (error: unknown) => void } {
  let settle: (error: unknown) => void = () => {}
  const promise = new Promise<void>((resolve, reject) => {
    settle = (error) => {
      if (error === undefined) resolve()
      else reject(error instanceof Error ? error : new Error('the dev loop broke', { cause: error }))
    }
  })
  return { promise, settle: (error) => settle(error) }
}

interface Following {
  readonly loop: Loop
  readonly held: HeldWork | undefined
  readonly dispatch: (event: LoopEvent) => void
  readonly signal: AbortSignal
}

async function follow(
  changes: AsyncIterable<{ readonly paths: readonly string[] }>,
  { loop: { context, files }, held, dispatch, signal }: Following,
): Promise<void> {
  try {
    for await (const { paths } of changes) {
      const { work, paths: relevant } = await files.judge(paths)
      if (isIdle(work)) continue
      const shown = relevant.map((path) => relative(context.cwd, path))
      context.emit({ type: 'filesChanged', images: work.images === 'all' ? [] : work.images, paths: shown })
      dispatch({ type: 'changed', work: held?.take(work) ?? work })
    }
  } catch (error) {
    if (!signal.aborted && !context.signal.aborted) dispatch({ type: 'stopped', error })
  }
}

/** A user's mistake in a later iteration is only reported; what is a bug keeps its stack. */
function describeError(error: unknown): {
  readonly message: string
  readonly hint?: string
  readonly code?: string
} {
  if (error instanceof ToolError) {
    const isTold = error.where === undefined || error.message.includes(error.where)
    return {
      message: isTold ? error.message : `${error.message} (${error.where})`,
      code: error.code,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    }
  }
  if (isToolError(error) || !(error instanceof Error)) return { message: String(error) }
  return { message: error.stack ?? error.message }
}
