import type { ErrorCode } from './codes.ts'

/** What a {@link ToolError} may carry beside code and message. */
export interface ToolErrorDetails {
  /** One thing to do about it: a command or an edit. */
  readonly hint?: string
  /** `file:line:column` or another place, when the cause has one. */
  readonly where?: string
  readonly cause?: unknown
}

/** An error that a user can act on. Anything else that is thrown is a bug in catamaran. */
export class ToolError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly where: string | undefined

  constructor(code: ErrorCode, message: string, details: ToolErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : {})
    this.name = 'ToolError'
    this.code = code
    this.hint = details.hint
    this.where = details.where
  }
}

/** Whether something thrown is a {@link ToolError}, and, when codes are given, carries one of them. */
export function isToolError(error: unknown, ...codes: readonly ErrorCode[]): error is ToolError {
  return error instanceof ToolError && (codes.length === 0 || codes.includes(error.code))
}
