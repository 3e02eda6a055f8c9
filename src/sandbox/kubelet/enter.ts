import { Duplex, type Writable } from 'node:stream'
import { join } from 'node:path'
import { spawnProcess, type RunningProcess } from '../../subprocess/index.ts'

/** A namespace that something is to be run in. */
export interface Entered {
  /** A process in it, as this machine numbers them. */
  readonly target: number
  readonly isRoot: boolean
  readonly env: Readonly<Record<string, string>>
}

/** One more program of a container. */
export interface EnterSpec {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly workingDir: string
  readonly user?: { readonly uid: number; readonly gid: number }
  /** The container's root, as its first process's mount namespace calls it. */
  readonly root: string
  readonly capabilities: string
  readonly hasTerminal: boolean
  readonly signal: AbortSignal
}

const dieWithParent = ['setpriv', '--pdeathsig', 'KILL']

/**
 * Starts a program beside the others of a container: in all its namespaces, below its root. The programs of this machine
 * that get it there are still to be seen in the mount namespace, outside that root.
 */
export async function enterContainer({ target, isRoot, env }: Entered, spec: EnterSpec): Promise<RunningProcess> {
  const { argv, workingDir, user, root, capabilities, signal } = spec
  const command = [
    'nsenter',
    `--target=${target}`,
    '--mount',
    '--net',
    '--uts',
    '--ipc',
    '--pid',
    ...(isRoot ? [] : ['--user', '--preserve-credentials']),
    ...dieWithParent,
    '--bounding-set',
    capabilities,
    'env',
    '-i',
    ...Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
    // by its path: PATH is the container's from here on
    await whereIs('unshare', env),
    `--root=${root}`,
    `--wd=${workingDir}`,
    ...(user === undefined ? [] : [`--setgid=${user.gid}`, `--setuid=${user.uid}`]),
    '--',
    ...argv,
  ]
  const [program = '', ...args] = spec.hasTerminal ? onTerminal(command) : command
  return spawnProcess({ command: program, args, env, openInput: true, signal, graceMs: 1000 })
}

/** `script` makes the terminal; it passes on how its command ended. */
function onTerminal(command: readonly string[]): readonly string[] {
  const quoted = command.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ')
  return ['script', '--quiet', '--return', '--flush', '--command', `exec ${quoted}`, '/dev/null']
}

async function whereIs(program: string, env: Readonly<Record<string, string>>): Promise<string> {
  const { access, constants } = await import('node:fs/promises')
  for (const folder of (env['PATH'] ?? '').split(':')) {
    const path = join(folder, program)
    try {
      await access(path, constants.X_OK)
      return path
    } catch {
      // the next folder
    }
  }
  return program
}

/** Connects this process's standard streams to a port; a refused connection ends it with status 9. */
const connectScript = `
const fs = require('node:fs')
const socket = require('node:net').connect({ port: Number(process.argv[1]), host: '127.0.0.1', allowHalfOpen: true })
let isUp = false
socket.on('connect', () => { isUp = true; process.stderr.write('up'); process.stdin.pipe(socket); socket.pipe(process.stdout) })
socket.on('error', () => process.exit(isUp ? 1 : 9))
socket.on('end', () => process.stdout.write('', () => fs.closeSync(1)))
socket.on('close', () => process.exit(0))
process.stdout.on('error', () => process.exit(0))
`

/** A connection to a port of a pod's own network; undefined when nothing listens there. */
export async function enterPort({ target, isRoot, env }: Entered, port: number): Promise<Duplex | undefined> {
  const running = await spawnProcess({
    command: 'nsenter',
    args: [
      `--target=${target}`,
      '--net',
      ...(isRoot ? [] : ['--user', '--preserve-credentials']),
      ...dieWithParent,
      process.execPath,
      '-e',
      connectScript,
      String(port),
    ],
    env,
    openInput: true,
  })
  const isUp = await hasSaidSomething(running)
  const { stdin } = running
  if (!isUp || stdin === undefined) return undefined
  return duplexOf(running, stdin)
}

/** What the process writes and reads, as one stream; closing it ends the process. */
function duplexOf(running: RunningProcess, stdin: Writable): Duplex {
  let wake = (): void => {}
  const duplex = new Duplex({
    allowHalfOpen: true,
    read: () => wake(),
    write: (chunk: Buffer, _encoding, done) => void stdin.write(chunk, (error) => done(error ?? null)),
    final: (done) => void stdin.end(() => done()),
    destroy(error, done) {
      running.kill('SIGKILL')
      wake()
      done(error)
    },
  })
  duplex.on('error', () => {})
  const pump = async (): Promise<void> => {
    for await (const chunk of running.stdout) {
      if (duplex.destroyed) return
      if (!duplex.push(chunk)) await new Promise<void>((resolve) => (wake = resolve))
    }
    duplex.push(null)
  }
  pump().catch(() => duplex.destroy())
  return duplex
}

async function hasSaidSomething({ stderr }: RunningProcess): Promise<boolean> {
  for await (const _chunk of stderr) return true
  return false
}
