import { ToolError } from '../errors/index.ts'

/** Turns what the file system says about a path into an error for people; anything else is given back as it is. */
export function diskError(error: unknown, path: string, doing: 'read' | 'write' = 'write'): unknown {
  if (!(error instanceof Error) || error instanceof ToolError) return error
  const { code } = error as NodeJS.ErrnoException
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ToolError('DISK_FULL', `there is no room left to write ${path}`, {
      hint: 'free some space on that disk',
      cause: error,
    })
  }
  const kind = doing === 'write' ? 'FILE_UNWRITABLE' : 'FILE_UNREADABLE'
  return new ToolError(kind, `cannot ${doing} ${path}: ${error.message}`, { cause: error })
}
