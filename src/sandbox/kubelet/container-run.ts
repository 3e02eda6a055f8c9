import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join, posix } from 'node:path'
import type { ContainerConfig } from '../../image/index.ts'
import { timestamp } from '../objects.ts'
import type { Container, Pod, Terminated } from '../kinds.ts'
import { defaultPath, environmentOf, expand, type Environment } from './env.ts'
import type { NodeImage } from './images.ts'
import type { BindMount } from './isolation.ts'
import { createContainerLog, type ContainerLog } from './log-file.ts'
import { judgeProgram, type ProgramMount } from './program.ts'
import { layOutRun, removeRun } from './run-folder.ts'
import type { RunPlan } from './run-plan.ts'
import { say, setWaiting, type PodScope, type Slot } from './scope.ts'
import { userOf } from './user.ts'

/** What a container that is not executed has in its log: nothing is made up for it. */
const notExecuted = 'sandbox: not executed'

/** Puts together what is to run, or says what is missing for it. */
export function planRun(slot: Slot, image: NodeImage, { node, pod }: PodScope): RunPlan | { readonly problem: string } {
  const { Env = [], User = '', WorkingDir, StopSignal, ...config }: ContainerConfig = image.image.config.config ?? {}
  const outcome = environmentOf(slot.spec, Env, { pod: pod(), tables: node.tables })
  if ('problem' in outcome) return outcome
  const user = userOf({ container: slot.spec, pod: pod(), imageUser: User, root: image.folder })
  if ('problem' in user) return user
  return {
    argv: argvOf(slot.spec, config, outcome.env),
    env: outcome.env,
    user,
    workingDir: posix.resolve('/', slot.spec.workingDir ?? WorkingDir ?? ''),
    lower: image.folder,
    stopSignal: signalOf(StopSignal),
  }
}

/** `command` replaces the image's entrypoint and its command, `args` only its command. */
function argvOf({ command = [], args = [] }: Container, config: ContainerConfig, env: Environment): readonly string[] {
  // Kubernetes replaces $(NAME) in what the pod writes, not in what the image has.
  const own = [...command, ...args].map((word) => expand(word, env))
  if (command.length > 0) return own
  const entrypoint = config.Entrypoint ?? []
  return args.length > 0 ? [...entrypoint, ...own] : [...entrypoint, ...(config.Cmd ?? [])]
}

/** `SIGQUIT`, `QUIT` or `3`. */
function signalOf(text = 'SIGTERM'): NodeJS.Signals {
  const [name] = Object.entries(constants.signals).find(
    ([name, number]) => text === name || `SIG${text}` === name || text === String(number),
  ) ?? ['SIGTERM']
  return name as NodeJS.Signals
}

/** Runs the container once, from its creation to its end, and tells of it. */
export async function runOnce(slot: Slot, plan: RunPlan, scope: PodScope): Promise<Terminated> {
  const { node, publish } = scope
  const id = randomBytes(32).toString('hex')
  slot.containerId = `sandbox://${id}`
  say(slot, scope, { type: 'Normal', reason: 'Created', message: 'Container created' })
  const log = createContainerLog(join(scope.folder, `${slot.spec.name}-${slot.restartCount}.log`), node.clock)
  slot.logs.set(slot.containerId, log)
  const run = { slot, plan, scope, log, folder: join(scope.folder, 'runs', id.slice(0, 12)) }
  try {
    const terminated = await execute(run)
    if (terminated.reason === 'StartError') return terminated
    slot.state = { terminated }
    slot.isReady = slot.kind === 'init' && terminated.exitCode === 0
    slot.isStarted = false
    publish()
    return terminated
  } finally {
    log.end()
    slot.running = undefined
    removeRun(run.folder)
  }
}

interface Run {
  readonly slot: Slot
  readonly plan: RunPlan
  readonly scope: PodScope
  readonly log: ContainerLog
  readonly folder: string
}

async function execute(run: Run): Promise<Terminated> {
  const { slot, plan, scope, log } = run
  const { node } = scope
  const { argv, lower, workingDir, env } = plan
  const path = env['PATH'] ?? defaultPath
  const verdict = judgeProgram({ root: lower, argv, path, workingDir, platform: node.platform, mounts: mountsOf(run) })
  if (verdict.kind === 'startError') return startError(run, verdict.message)
  if (verdict.kind === 'execError') {
    const startedAt = markRunning(slot, scope, { isReady: false })
    log.note(verdict.log)
    return ended(run, { startedAt, exitCode: 1 })
  }
  return scope.namespace === undefined ? idle(run) : executeReally(run)
}

/** Init containers put programs into volumes, where they are really run. */
function mountsOf({ slot, scope }: Run): readonly ProgramMount[] {
  return (slot.spec.volumeMounts ?? []).flatMap(({ name, mountPath, subPath = '' }) => {
    const folder = scope.volumes.get(name)
    if (folder === undefined) return []
    const source = scope.namespace === undefined ? undefined : join(folder, posix.join('/', subPath))
    return [{ target: posix.resolve('/', mountPath), source }]
  })
}

/** The runtime's own failure: the container never ran, so it waits, with a last state that says why. */
function startError({ slot, scope }: Run, message: string): Terminated {
  say(slot, scope, { type: 'Warning', reason: 'Failed', message: `Error: ${message}` })
  const terminated: Terminated = {
    exitCode: 128,
    reason: 'StartError',
    message,
    startedAt: '1970-01-01T00:00:00Z',
    finishedAt: timestamp(scope.node.clock()),
    ...(slot.containerId === undefined ? {} : { containerID: slot.containerId }),
  }
  slot.lastState = { terminated }
  slot.state = {}
  setWaiting(slot, scope, { reason: 'RunContainerError', message })
  return terminated
}

function markRunning(slot: Slot, scope: PodScope, { isReady }: { readonly isReady: boolean }): string {
  const startedAt = timestamp(scope.node.clock())
  if (slot.state.terminated !== undefined) slot.lastState = { terminated: slot.state.terminated }
  slot.state = { running: { startedAt } }
  slot.isStarted = true
  slot.isReady = isReady && slot.kind !== 'init'
  say(slot, scope, { type: 'Normal', reason: 'Started', message: 'Container started' })
  scope.publish()
  return startedAt
}

/**
 * Programs that cannot be run here stand still until they are stopped; those that are there to end, of init containers and
 * of Jobs, are taken as done.
 */
async function idle(run: Run): Promise<Terminated> {
  const { slot, scope, log } = run
  const startedAt = markRunning(slot, scope, { isReady: true })
  log.note(notExecuted)
  if (slot.kind !== 'init' && !(slot.kind === 'main' && isOfJob(scope.pod()))) {
    await new Promise<void>((resolve) => {
      slot.endIdle = resolve
      if (slot.isStopping) resolve()
    })
  }
  return ended(run, { startedAt, exitCode: 0 })
}

function isOfJob({ metadata }: Pod): boolean {
  return (metadata.ownerReferences ?? []).some(({ kind, controller }) => kind === 'Job' && controller === true)
}

async function executeReally(run: Run): Promise<Terminated> {
  const { slot, plan, scope, log, folder } = run
  const { namespace } = scope
  if (namespace === undefined) return idle(run)
  const { user, stopSignal: _signal, ...program } = plan
  const running = await namespace.start({
    ...program,
    folder,
    mounts: layOut(run),
    ...(namespace.hasUsers && user.uid + user.gid > 0 ? { user } : {}),
  })
  const captured = [log.capture(running.stdout), log.capture(running.stderr)]
  await running.started
  slot.running = running
  slot.plan = plan
  slot.stopSignal = plan.stopSignal
  slot.user = plan.user
  if (slot.isStopping) running.kill()
  const startedAt = markRunning(slot, scope, { isReady: true })
  const [exit] = await Promise.all([running.exited, ...captured])
  const exitCode = exit.status ?? 128 + constants.signals[exit.signal ?? 'SIGKILL']
  return ended(run, { startedAt, exitCode, message: await terminationMessage(run, exitCode) })
}

function layOut({ slot, plan, scope, folder }: Run): readonly BindMount[] {
  return layOutRun({
    lower: plan.lower,
    folder,
    container: slot.spec,
    pod: scope.pod(),
    podIp: scope.podIp,
    workingDir: plan.workingDir,
    volumes: scope.volumes,
    terminationLog: join(folder, 'termination-log'),
  })
}

const maxMessageBytes = 4096

/** What the program left in `/dev/termination-log`, or, where the pod wants it, the end of the log of one that failed. */
async function terminationMessage({ slot, log, folder }: Run, exitCode: number): Promise<string> {
  const written = readFileSync(join(folder, 'termination-log'), 'utf8').slice(0, maxMessageBytes)
  if (written !== '' || exitCode === 0 || slot.spec.terminationMessagePolicy !== 'FallbackToLogsOnError') return written
  return log.tail(2048)
}

function ended(
  { slot, scope }: Run,
  { startedAt, exitCode, message = '' }: { startedAt: string; exitCode: number; message?: string },
): Terminated {
  return {
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    ...(message === '' ? {} : { message }),
    startedAt,
    finishedAt: timestamp(scope.node.clock()),
    ...(slot.containerId === undefined ? {} : { containerID: slot.containerId }),
  }
}
