import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, statSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { ToolError } from '../errors/index.ts'

/** A program to start. Arguments are passed as they are: no shell looks at them. */
export interface ProcessSpec {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  /** The whole environment of the child; nothing is inherited. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Bytes for standard input, which is closed after them; absent: no input. */
  readonly input?: string | Uint8Array
  /** A file that is standard input, in place of `input`. */
  readonly inputFile?: string
  /** Leaves standard input open, to be written as {@link RunningProcess.stdin}; `input` is not used then. */
  readonly openInput?: boolean
  /** Aborting ends the whole process tree: SIGTERM, after `graceMs` SIGKILL. */
  readonly signal?: AbortSignal
  readonly graceMs?: number
}

/** A running program with its output as streams. */
export interface RunningProcess {
  readonly pid: number
  /** Only with `openInput`. A program that ends without reading is no error. */
  readonly stdin?: Writable
  readonly stdout: AsyncIterable<Uint8Array>
  readonly stderr: AsyncIterable<Uint8Array>
  /** Resolves when the program has ended; never rejects after the start. */
  readonly exited: Promise<ProcessExit>
  /** Signals the whole process tree. */
  kill(signal?: NodeJS.Signals): void
}

/** How a program ended: one of the two is set. */
export interface ProcessExit {
  /** Exit status; undefined when a signal ended it. */
  readonly status: number | undefined
  readonly signal: NodeJS.Signals | undefined
}

const defaultGraceMs = 5000

/**
 * Starts a program in its own process group.
 * @throws PROGRAM_MISSING when there is no such program
 */
export async function spawnProcess(spec: ProcessSpec): Promise<RunningProcess> {
  spec.signal?.throwIfAborted()
  const child = start(spec)
  const exited = exitOf(child)
  await started(child, spec)
  feed(child, spec)
  const kill = (name: NodeJS.Signals = 'SIGTERM'): void => killTree(child, name)
  endOnAbort(spec, { kill, exited })
  return {
    pid: child.pid ?? 0,
    ...(spec.openInput === true && child.stdin !== null ? { stdin: child.stdin } : {}),
    stdout: child.stdout ?? [],
    stderr: child.stderr ?? [],
    exited,
    kill,
  } as RunningProcess
}

/** @throws at once for some errors, which Node.js reports as an event for others */
function start(spec: ProcessSpec): ChildProcess {
  const file = spec.inputFile === undefined ? undefined : openSync(spec.inputFile, 'r')
  try {
    return spawn(spec.command, [...spec.args], {
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
      env: withoutUndefined(spec.env),
      stdio: [file ?? inputOf(spec), 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    })
  } catch (error) {
    throw startError(error as NodeJS.ErrnoException, spec)
  } finally {
    // the child has its own by now
    if (file !== undefined) closeSync(file)
  }
}

function inputOf({ input, openInput }: ProcessSpec): 'ignore' | 'pipe' {
  return input === undefined && openInput !== true ? 'ignore' : 'pipe'
}

function started(child: ChildProcess, spec: ProcessSpec): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (error: NodeJS.ErrnoException) => reject(startError(error, spec)))
  })
}

function startError(error: NodeJS.ErrnoException, spec: ProcessSpec): Error {
  if (error.code !== 'ENOENT' && error.code !== 'EACCES' && error.code !== 'ENOTDIR') return error
  // the system says the same of a program and of the folder to start it in
  if (spec.cwd !== undefined && !isFolder(spec.cwd)) {
    return new ToolError('FILE_UNREADABLE', `cannot start "${spec.command}" in ${spec.cwd}: there is no such folder`, {
      hint: 'create the folder, or correct its path',
      cause: error,
    })
  }
  return new ToolError('PROGRAM_MISSING', `cannot start "${spec.command}"`, {
    hint: `install ${spec.command}, or add the folder that holds it to PATH`,
    cause: error,
  })
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function exitOf(child: ChildProcess): Promise<ProcessExit> {
  return new Promise((resolve) => {
    child.once('close', (status, signal) => resolve({ status: status ?? undefined, signal: signal ?? undefined }))
    child.once('error', () => resolve({ status: undefined, signal: undefined }))
  })
}

/** A child that ends without reading its input is no error of ours. */
function feed(child: ChildProcess, { input, openInput }: ProcessSpec): void {
  if (child.stdin === null) return
  child.stdin.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') throw error
  })
  if (openInput !== true) child.stdin.end(input)
}

function endOnAbort(
  { signal, graceMs = defaultGraceMs }: ProcessSpec,
  { kill, exited }: Pick<RunningProcess, 'kill' | 'exited'>,
): void {
  if (signal === undefined) return
  const end = (): void => {
    kill('SIGTERM')
    const timer = setTimeout(() => kill('SIGKILL'), graceMs)
    void exited.then(() => clearTimeout(timer))
  }
  signal.addEventListener('abort', end, { once: true })
  void exited.then(() => signal.removeEventListener('abort', end))
}

/** The child leads a process group, so that what it started ends with it. */
function killTree(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    if (process.platform === 'win32') child.kill(signal)
    else process.kill(-child.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function withoutUndefined(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
