import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isToolError, redact, ToolError } from '../errors/index.ts'
import { exitCodes } from './exit-codes.ts'
import type { Style } from './style.ts'

/** The exit code that an error ends the process with. */
export function exitCodeOf(error: unknown): number {
  if (isToolError(error, 'ABORTED') || isAbort(error)) return exitCodes.interrupted
  if (isToolError(error, 'USAGE')) return exitCodes.usage
  return toToolError(error) === undefined ? exitCodes.bug : exitCodes.failure
}

/**
 * An error in four parts: `error CODE: what` / where and why / `fix:` / a link to the page of codes. What is not a
 * `ToolError` is a bug in catamaran and is printed with its stack and how to report it.
 */
export function describeFailure(error: unknown, style: Style): string {
  if (isAbort(error) || isToolError(error, 'ABORTED')) return style.yellow('interrupted')
  const known = toToolError(error)
  if (known === undefined) return describeBug(error, style)
  const parts = [
    `${style.red('error')} ${style.bold(known.code)}: ${known.message}`,
    ...(known.where === undefined ? [] : [`  at ${known.where}`]),
    ...causesOf(known).map((cause) => `  because: ${cause}`),
    ...(known.hint === undefined ? [] : [`${style.green('fix:')} ${known.hint}`]),
    style.dim(`docs: ${docsLink(known.code)}`),
  ]
  return redact(parts.join('\n'))
}

/** A user's error, also when it is one of Node's about files, disk or permission. */
function toToolError(error: unknown): ToolError | undefined {
  if (error instanceof ToolError) return error
  if (!(error instanceof Error)) return undefined
  const { code, path } = error as NodeJS.ErrnoException
  const file = path === undefined ? '' : ` ${path}`
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ToolError('DISK_FULL', `no space left on the device${file}`, {
      hint: 'free some space, or set TMPDIR to a folder on another disk',
      cause: error,
    })
  }
  return code !== undefined && pathCodes.has(code) ? pathError(error) : undefined
}

function pathError(error: NodeJS.ErrnoException): ToolError {
  const { code = '', path = '', syscall } = error
  if (syscall === 'mkdtemp') {
    return new ToolError('FILE_UNWRITABLE', `cannot make a temporary folder in ${dirname(path)}`, {
      hint: 'set TMPDIR to a folder that you may write',
      cause: error,
    })
  }
  if (code === 'EROFS' || (isDenied(code) && !readingCalls.has(syscall ?? ''))) {
    return new ToolError('FILE_UNWRITABLE', `no permission for ${path}`, {
      hint: 'check who owns the path',
      cause: error,
    })
  }
  const hint = isDenied(code) ? 'check who owns the path' : 'check the path'
  return new ToolError('FILE_UNREADABLE', `cannot read ${path}`, { hint, cause: error })
}

const pathCodes: ReadonlySet<string> = new Set(['ENOENT', 'EISDIR', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS'])

/** What is written is opened in `write-file.ts`, which says so itself. */
const readingCalls: ReadonlySet<string> = new Set(['open', 'read', 'scandir', 'stat', 'lstat', 'readlink', 'opendir'])

function isDenied(code: string): boolean {
  return code === 'EACCES' || code === 'EPERM'
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

/** Only what has not been said yet. */
function causesOf({ message, cause }: Error): readonly string[] {
  const causes: string[] = []
  for (let current = cause; current instanceof Error && causes.length < 4; current = current.cause) {
    const told = [message, ...causes].join('\n')
    const said = current.message.trim()
    if (!told.includes(said)) causes.push(said)
  }
  return causes
}

function describeBug(error: unknown, style: Style): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return redact(
    [
      `${style.red('error')} ${style.bold('INTERNAL')}: this is a bug in catamaran`,
      stack,
      `${style.green('fix:')} report it with the command you ran, this text, and the output of "catamaran version"`,
      style.dim(`docs: ${docsLink('INTERNAL')}`),
    ].join('\n'),
  )
}

/** The page of error codes that is installed with the tool, so that the link works offline. */
function docsLink(code: string): string {
  return `${fileURLToPath(new URL('../../docs/reference/errors.md', import.meta.url))}#${code.toLowerCase()}`
}
