import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { spawnProcess, type RunningProcess } from '../../subprocess/index.ts'
import type { Duplex } from 'node:stream'
import { containerScript } from './container-script.ts'
import { enterContainer, enterPort, type Entered } from './enter.ts'
import { firstChild, signalProcess, toolsOf, untilExecuted } from './processes.ts'
import { followSize, type TerminalSizes } from './terminal.ts'

/** Starts programs in namespaces of their own; nothing they do is seen by other pods or outlives this process. */
export interface Isolation {
  /**
   * Makes what the containers of one pod share: a network with a loopback device and nothing else, a host name, and a
   * process namespace around theirs. With its first process all others of the pod end, whatever user they run as.
   */
  openPod(pod: { readonly hostname: string; readonly ip: string }): Promise<PodNamespace>
}

export interface PodNamespace {
  /** Whether a container may have a user other than root. */
  readonly hasUsers: boolean
  start(container: ContainerStart): Promise<RunningContainer>
  /** A connection to a port that something in the pod listens on; undefined when nothing does. */
  connect(port: number): Promise<Duplex | undefined>
  close(): void
}

/** One run of a container's program. */
interface ContainerStart {
  /** The unpacked image. */
  readonly lower: string
  /** An empty folder that takes what the run writes. */
  readonly folder: string
  readonly mounts: readonly BindMount[]
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly workingDir: string
  readonly user?: { readonly uid: number; readonly gid: number }
}

export interface BindMount {
  readonly source: string
  /** Below the container's root, free of links. */
  readonly target: string
  readonly readOnly: boolean
}

export interface RunningContainer extends Pick<RunningProcess, 'stdout' | 'stderr' | 'exited'> {
  /**
   * Settles when the program itself runs, or has ended. Before, it would not hear a signal: nobody stops the first process of
   * a namespace by accident. Its output is there from the beginning, and lost if nobody takes it.
   */
  readonly started: Promise<void>
  /** Where this process sees the container's root; undefined when it has ended. */
  root(): string | undefined
  /** Runs one more program in the container; undefined when it has ended. */
  enter(program: EnteringProgram): Promise<RunningProcess | undefined>
  /** Signals the container's first process. */
  signal(name: NodeJS.Signals): void
  /** Ends everything in the container at once. */
  kill(): void
}

/** One more program of a container, with its environment, folder and user. */
export interface EnteringProgram {
  readonly argv: readonly string[]
  readonly hasTerminal: boolean
  /** Of its terminal. */
  readonly sizes?: TerminalSizes
  /** Ends it. */
  readonly signal: AbortSignal
}

export interface IsolationOptions {
  /** For the probe. */
  readonly folder: string
  /** PATH of this machine, where `unshare`, `nsenter`, `setpriv` and `mount` are. */
  readonly path: string
  readonly isRoot: boolean
}

/** The folders of a container's run. */
export const runFolders = { upper: 'upper', work: 'work', root: 'root' } as const

/** What Docker leaves to a container's root, less the making of device files. */
const capabilities = `-all,${'chown dac_override fowner fsetid kill setgid setuid setpcap net_bind_service net_raw sys_chroot audit_write setfcap'
  .split(' ')
  .map((name) => `+${name}`)
  .join(',')}`

/** Finds out whether programs can be run in namespaces here, by doing it: as root, else in a user namespace. */
export async function findIsolation(options: IsolationOptions): Promise<Isolation | { readonly unavailable: string }> {
  const isolation = createIsolation(options)
  await mkdir(options.folder, { recursive: true })
  const folder = await mkdtemp(join(options.folder, 'probe-'))
  try {
    const problem = await probe(isolation, folder)
    return problem === undefined ? isolation : { unavailable: problem }
  } catch (error) {
    return { unavailable: error instanceof Error ? error.message : String(error) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function probe(isolation: Isolation, folder: string): Promise<string | undefined> {
  const lower = join(folder, 'lower')
  for (const name of ['proc', 'dev']) await mkdir(join(lower, name), { recursive: true })
  const pod = await isolation.openPod({ hostname: 'probe', ip: '10.244.0.1' })
  try {
    const run = { lower, folder, mounts: [], argv: [], env: {}, workingDir: 'probe' }
    const container = await pod.start(run)
    const [said, exit] = await Promise.all([readAll(container.stderr), container.exited, readAll(container.stdout)])
    return exit.status === 0 ? undefined : said.trim()
  } finally {
    pod.close()
  }
}

function createIsolation({ path, isRoot }: IsolationOptions): Isolation {
  const env = { PATH: path, LC_ALL: 'C' }
  const tools = toolsOf(path, ['sh', 'setpriv', 'env', 'unshare'])
  return {
    async openPod({ hostname, ip }) {
      // Whatever becomes of this process, also if it is killed, the kernel ends those that it started.
      const holder = await spawnProcess({
        command: 'setpriv',
        args: [
          ...dieWithParent,
          'unshare',
          ...(isRoot ? [] : ['--user', '--map-root-user']),
          '--net',
          '--uts',
          '--ipc',
          ...ownProcesses,
          'sh',
          '-c',
          podScript,
          'sh',
          hostname,
          ip,
        ],
        env,
      })
      await untilReady(holder)
      const target = firstChild(holder.pid)
      if (target === undefined) throw new Error('the first process of the pod is gone')
      return {
        hasUsers: isRoot,
        start: (container) => startContainer({ target, isRoot, env, tools }, container),
        connect: (port) => enterPort({ target, isRoot, env }, port),
        close: () => holder.kill('SIGKILL'),
      }
    },
  }
}

const dieWithParent = ['--pdeathsig', 'KILL']

/** A process namespace, whose first process ends with the one that made it. */
const ownProcesses = ['--pid', '--fork', '--kill-child=KILL']

const podScript = `
ip link set lo up 2>/dev/null || ifconfig lo up 2>/dev/null || true
ip address add "$2/32" dev lo 2>/dev/null || true
hostname "$1" 2>/dev/null || true
echo ready
exec sleep 2147483647
`

async function untilReady(holder: RunningProcess): Promise<void> {
  for await (const chunk of holder.stdout) {
    if (Buffer.from(chunk).includes('ready')) return
  }
  throw new Error((await readAll(holder.stderr)).trim())
}

interface PodContext {
  /** The pod's first process. */
  readonly target: number
  readonly isRoot: boolean
  readonly env: Readonly<Record<string, string>>
  /** What a container's first process executes before it becomes the program. */
  readonly tools: ReadonlySet<string>
}

async function startContainer(
  { target, isRoot, env, tools }: PodContext,
  run: ContainerStart,
): Promise<RunningContainer> {
  const folders = Object.values(runFolders).map((name) => join(run.folder, name))
  for (const folder of folders) await mkdir(folder, { recursive: true })
  const running = await spawnProcess({
    command: 'nsenter',
    args: [
      `--target=${target}`,
      '--net',
      '--uts',
      '--ipc',
      '--pid',
      ...(isRoot ? [] : ['--user', '--preserve-credentials']),
      'setpriv',
      ...dieWithParent,
      'unshare',
      '--mount',
      ...ownProcesses,
      'sh',
      '-c',
      containerScript,
      'sh',
      run.lower,
      ...folders,
      capabilities,
      ...argumentsOf(run),
    ],
    env,
  })
  return {
    started: untilExecuted(() => containerProcess(running.pid), { tools, maker: running.pid }),
    stdout: running.stdout,
    stderr: running.stderr,
    exited: running.exited,
    root: () => rootOf(containerProcess(running.pid)),
    async enter(program) {
      const pid = containerProcess(running.pid)
      return pid === undefined ? undefined : enterRun({ target: pid, isRoot, env }, run, program)
    },
    kill() {
      // The program may have left its process group.
      signalProcess(containerProcess(running.pid), 'SIGKILL')
      running.kill('SIGKILL')
    },
    signal: (name) => signalProcess(containerProcess(running.pid), name),
  }
}

function rootOf(pid: number | undefined): string | undefined {
  return pid === undefined ? undefined : `/proc/${pid}/root`
}

async function enterRun(entered: Entered, run: ContainerStart, program: EnteringProgram): Promise<RunningProcess> {
  const { env, workingDir, user, folder } = run
  const own = { env, workingDir, ...(user === undefined ? {} : { user }) }
  const { sizes, ...rest } = program
  const entering = { ...own, ...rest, root: join(folder, runFolders.root), capabilities }
  const running = await enterContainer(entered, entering)
  // a terminal that keeps its size is no reason to end the program
  if (program.hasTerminal && sizes !== undefined) followSize(running.pid, sizes, entered.env).catch(() => {})
  return running
}

/** As {@link containerScript} reads them. */
function argumentsOf({ mounts, workingDir, user, env, argv }: ContainerStart): readonly string[] {
  return [
    ...mounts.flatMap(({ source, target, readOnly }) => [readOnly ? 'ro' : 'rw', source, target]),
    '--',
    workingDir,
    String(user?.uid ?? ''),
    String(user?.gid ?? ''),
    ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
    '--',
    ...argv,
  ]
}

/** `nsenter` waits for `unshare`, which waits for the first process of the container. */
function containerProcess(pid: number): number | undefined {
  const maker = firstChild(pid)
  return maker === undefined ? undefined : firstChild(maker)
}

async function readAll(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
