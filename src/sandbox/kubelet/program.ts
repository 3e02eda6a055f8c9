import { closeSync, openSync, readSync, statSync, type Stats } from 'node:fs'
import { join, posix } from 'node:path'
import { readElf } from '../../layer/index.ts'
import type { Platform } from '../../platform/index.ts'
import { resolveInRoot } from './root-path.ts'

/** What a container would execute. */
export interface ProgramSpec {
  readonly root: string
  readonly argv: readonly string[]
  /** The container's PATH. */
  readonly path: string
  readonly workingDir: string
  readonly platform: Platform
  /** What is mounted over the root; absent: nothing. */
  readonly mounts?: readonly ProgramMount[]
}

/** A volume in a container. */
export interface ProgramMount {
  /** Absolute, in the container. */
  readonly target: string
  /** The folder on this machine; undefined where nothing that would fill it is run. */
  readonly source: string | undefined
}

/**
 * What would come of starting the program: it can run; the runtime cannot start it (`message` is runc's); or the kernel
 * refuses it, which the container's log says.
 */
export type ProgramVerdict =
  | { readonly kind: 'runnable' }
  | { readonly kind: 'startError'; readonly message: string }
  | { readonly kind: 'execError'; readonly log: string }

const headerBytes = 4096
const maxInterpreters = 4

/** Judges the entrypoint by its file in the unpacked image, on a node of the given platform. */
export function judgeProgram(spec: ProgramSpec): ProgramVerdict {
  const [name = ''] = spec.argv
  if (name === '') return startError('no command specified')
  const mount = mountAt(posix.resolve(spec.workingDir, name), spec)
  if (name.includes('/') && mount !== undefined && mount.source === undefined) return { kind: 'runnable' }
  const found = findProgram(name, spec)
  if ('problem' in found) return startError(`exec: "${name}": ${found.problem}`)
  // Only Linux programs can be judged by their header here.
  if (spec.platform.os !== 'linux') return { kind: 'runnable' }
  return judgeFile(found.path, spec)
}

/** Follows `#!` lines down to a binary. The kernel's answer names the file that was to be executed. */
function judgeFile(program: string, spec: ProgramSpec): ProgramVerdict {
  const { root, platform } = spec
  const refuse = (why: string): ProgramVerdict => ({ kind: 'execError', log: `exec ${program}: ${why}` })
  let path = program
  for (let depth = 0; depth <= maxInterpreters; depth += 1) {
    const file = fileAt(path, spec)
    if (file === undefined) return refuse('no such file or directory')
    if (!isExecutable(file.stats)) return refuse('permission denied')
    const head = readHead(file.path)
    const interpreter = interpreterOf(head)
    if (interpreter === undefined) return judgeBinary(head, { root, platform, refuse })
    path = interpreter
  }
  return refuse('too many levels of symbolic links')
}

interface BinaryContext {
  readonly root: string
  readonly platform: Platform
  readonly refuse: (why: string) => ProgramVerdict
}

function judgeBinary(head: Uint8Array, { root, platform, refuse }: BinaryContext): ProgramVerdict {
  const elf = readElf(head)
  if (elf === undefined || !runsOn(elf.architecture, platform)) return refuse('exec format error')
  if (elf.interpreter === undefined) return { kind: 'runnable' }
  const loader = resolveInRoot(root, elf.interpreter)
  const isThere = loader !== undefined && statSync(join(root, loader), { throwIfNoEntry: false }) !== undefined
  return isThere ? { kind: 'runnable' } : refuse('no such file or directory')
}

/** Kernels run the 32-bit programs of their processors too. */
const compatible: Readonly<Record<string, readonly string[]>> = { amd64: ['386'], arm64: ['arm'] }

function runsOn(architecture: string | undefined, platform: Platform): boolean {
  if (architecture === undefined) return false
  return architecture === platform.architecture || (compatible[platform.architecture] ?? []).includes(architecture)
}

function interpreterOf(head: Uint8Array): string | undefined {
  if (head[0] !== 0x23 || head[1] !== 0x21) return undefined
  const [line = ''] = Buffer.from(head).toString('latin1').slice(2).split('\n')
  return line.trim().split(/[ \t]/)[0]
}

/** As runc looks a name up: in PATH unless it has a slash. */
function findProgram(name: string, spec: ProgramSpec): { readonly path: string } | { readonly problem: string } {
  const { path, workingDir } = spec
  if (name.includes('/')) {
    const absolute = posix.resolve(workingDir, name)
    const stats = fileAt(absolute, spec)?.stats
    if (stats === undefined) return { problem: `stat ${name}: no such file or directory` }
    if (stats.isDirectory()) return { problem: 'is a directory' }
    return isExecutable(stats) ? { path: absolute } : { problem: 'permission denied' }
  }
  for (const folder of path.split(':')) {
    const candidate = posix.resolve(workingDir, folder, name)
    const stats = fileAt(candidate, spec)?.stats
    if (stats !== undefined && isExecutable(stats)) return { path: candidate }
  }
  return { problem: 'executable file not found in $PATH' }
}

/** The file that a path of the container leads to, in the image or in a volume. */
function fileAt(path: string, spec: ProgramSpec): { readonly path: string; readonly stats: Stats } | undefined {
  const mount = mountAt(path, spec)
  const root = mount === undefined ? spec.root : mount.source
  const below = mount === undefined ? path : path.slice(mount.target.length)
  const resolved = root === undefined ? undefined : resolveInRoot(root, below === '' ? '/' : below)
  if (root === undefined || resolved === undefined) return undefined
  const found = join(root, resolved)
  const stats = statSync(found, { throwIfNoEntry: false })
  return stats === undefined ? undefined : { path: found, stats }
}

/** The innermost volume that holds the path. */
function mountAt(path: string, { mounts = [] }: ProgramSpec): ProgramMount | undefined {
  return mounts
    .filter(({ target }) => path === target || path.startsWith(`${target}/`))
    .toSorted((one, other) => other.target.length - one.target.length)[0]
}

function isExecutable(stats: Stats): boolean {
  return stats.isFile() && (stats.mode & 0o111) !== 0
}

function readHead(path: string): Uint8Array {
  const file = openSync(path, 'r')
  try {
    const buffer = Buffer.alloc(headerBytes)
    return buffer.subarray(0, readSync(file, buffer))
  } finally {
    closeSync(file)
  }
}

function startError(what: string): ProgramVerdict {
  const prefix =
    'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process'
  return { kind: 'startError', message: `${prefix}: ${what}` }
}
