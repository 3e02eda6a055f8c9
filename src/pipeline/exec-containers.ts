import type { ActionContainer, ExecutionMode } from '../config/index.ts'
import { ToolError } from '../errors/index.ts'
import type { BuiltArtifact, Context } from './contract.ts'
import { runAsJob } from './exec-job.ts'
import { runLocally } from './exec-local.ts'
import type { RunFailure } from './exec-failure.ts'

/** A container that is to be run to its end. */
export interface ContainerRun {
  readonly container: ActionContainer
  readonly mode: ExecutionMode
  /** Absolute path of the configuration's folder. */
  readonly folder: string
  /** No limit when absent. */
  readonly timeoutSeconds?: number
}

/** How containers are run. */
export interface RunContainersOptions {
  readonly runs: readonly ContainerRun[]
  /** The first failure ends the others. */
  readonly failFast: boolean
  /** For all of them together; no limit when absent. */
  readonly timeoutSeconds?: number
  /** Images that take the place of artifacts' names. */
  readonly built: readonly BuiltArtifact[]
  /** Set in every container, below its own variables. */
  readonly env: Readonly<Record<string, string>>
  /** Docker network of local containers. */
  readonly network?: string
  /** Namespace of Jobs. */
  readonly namespace?: string
}

/**
 * Runs containers at once, each to its end.
 * @throws ACTION_FAILED naming every container that failed; PROGRAM_MISSING without docker
 */
export async function runContainers(context: Context, options: RunContainersOptions): Promise<void> {
  const own = new AbortController()
  const deadline = deadlineOf(options.timeoutSeconds)
  const signal = AbortSignal.any([context.signal, own.signal, ...(deadline === undefined ? [] : [deadline])])
  const failures = new Map<string, string>()
  const ended = await Promise.allSettled(
    options.runs.map(async (run) => {
      const failure = await runOne({ ...context, signal }, run, options)
      if (failure === undefined) return
      failures.set(run.container.name, failure)
      if (options.failFast) own.abort(new ToolError('ACTION_FAILED', 'another container failed'))
    }),
  )
  context.signal.throwIfAborted()
  if (deadline?.aborted === true) failures.set('all', `they took longer than ${options.timeoutSeconds ?? 0} s`)
  if (failures.size > 0) throw failed(failures)
  const broken = ended.find((one) => one.status === 'rejected')
  if (broken !== undefined) await Promise.reject(asError(broken.reason))
}

async function runOne(context: Context, run: ContainerRun, options: RunContainersOptions): Promise<RunFailure> {
  const container = withGiven(run.container, options)
  const { name, image } = container
  context.emit({ type: 'actionStarted', name, image })
  const deadline = deadlineOf(run.timeoutSeconds)
  const inside = deadline === undefined ? context : { ...context, signal: AbortSignal.any([context.signal, deadline]) }
  const failure = await untilDeadline(deadline, run.timeoutSeconds, () =>
    run.mode.kind === 'local'
      ? runLocally(inside, { container, mode: run.mode, ...options })
      : runAsJob(inside, { container, mode: run.mode, folder: run.folder, ...options }),
  )
  if (failure === undefined) context.emit({ type: 'actionSucceeded', name })
  else context.emit({ type: 'actionFailed', name, message: failure })
  return failure
}

async function untilDeadline(
  deadline: AbortSignal | undefined,
  seconds: number | undefined,
  run: () => Promise<RunFailure>,
): Promise<RunFailure> {
  try {
    return await run()
  } catch (error) {
    if (deadline?.aborted === true) return `it took longer than ${seconds ?? 0} s`
    throw error
  }
}

function withGiven(container: ActionContainer, { built, env }: RunContainersOptions): ActionContainer {
  const artifact = built.find(({ image }) => image === container.image)
  return { ...container, image: artifact?.reference ?? container.image, env: { ...env, ...container.env } }
}

function deadlineOf(seconds: number | undefined): AbortSignal | undefined {
  return seconds === undefined || seconds <= 0 ? undefined : AbortSignal.timeout(seconds * 1000)
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}

function failed(failures: ReadonlyMap<string, string>): ToolError {
  const lines = [...failures].map(([name, reason]) => `* ${name}: ${reason}`)
  const plural = lines.length === 1 ? 'error' : 'errors'
  return new ToolError('ACTION_FAILED', `${lines.length} ${plural} occurred:\n${lines.join('\n')}`, {
    hint: 'their output above says why',
  })
}
