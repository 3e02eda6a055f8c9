import { isToolError, redact, type ErrorCode } from '../../errors/index.ts'
import type { Message } from './message-type.ts'
import type { Task } from './tasks.ts'

/** Why something failed, with the codes of the API. */
export interface Problem {
  /** A name of `statusCodes`. */
  readonly status: string
  readonly message: string
  /** A name of `suggestionCodes`, and what to do. */
  readonly suggestion?: { readonly code: string; readonly action: string }
}

/** What is known of a failure. */
export interface Failure {
  readonly message: string
  /** Of an error, when it has one. */
  readonly code?: string
  readonly hint?: string
}

/** Codes of the API for codes of errors that say the same, with the code of what to do. */
const statusOf: Readonly<Record<string, readonly [status: string, suggestion?: string]>> = {
  BUILD_COMMAND_FAILED: ['BUILD_USER_ERROR', 'FIX_USER_BUILD_ERR'],
  BUILD_EMULATOR_MISSING: ['BUILD_CROSS_PLATFORM_ERR', 'BUILD_INSTALL_PLATFORM_EMULATORS'],
  BUILD_PUSH_NEEDED: ['BUILD_CROSS_PLATFORM_NO_REGISTRY_ERR', 'SET_PUSH_AND_CONTAINER_REGISTRY'],
  BUILD_REGISTRY_MISSING: ['BUILD_PUSH_ACCESS_DENIED', 'ADD_DEFAULT_REPO'],
  BUILD_SOURCE_MISSING: ['BUILD_USER_ERROR', 'FIX_USER_BUILD_ERR'],
  BUILD_TOOL_FAILED: ['BUILD_USER_ERROR', 'FIX_USER_BUILD_ERR'],
  CONFIG_MODULE_UNKNOWN: ['CONFIG_DEPENDENCY_NOT_FOUND_ERR'],
  CONFIG_NOT_SKAFFOLD: ['CONFIG_UNKNOWN_API_VERSION_ERR'],
  CONFIG_PROFILE_UNKNOWN: ['CONFIG_PROFILES_NOT_FOUND_ERR'],
  CONFIG_UNKNOWN_FIELD: ['CONFIG_FILE_PARSING_ERR'],
  CONFIG_VALUE_INVALID: ['CONFIG_FILE_PARSING_ERR'],
  CONFIG_VERSION_TOO_NEW: ['CONFIG_UNKNOWN_API_VERSION_ERR'],
  CONFIG_WRONG_TYPE: ['CONFIG_FILE_PARSING_ERR'],
  CONFIG_YAML_INVALID: ['CONFIG_FILE_PARSING_ERR'],
  DOCKERFILE_INVALID: ['BUILD_USER_ERROR', 'FIX_USER_BUILD_ERR'],
  DOCKERFILE_MISSING: ['BUILD_DOCKERFILE_NOT_FOUND', 'FIX_SKAFFOLD_CONFIG_DOCKERFILE'],
  HELM_FAILED: ['DEPLOY_HELM_USER_ERR'],
  KUBE_UNREACHABLE: ['DEPLOY_CLUSTER_CONNECTION_ERR', 'CHECK_CLUSTER_CONNECTION'],
  PLATFORM_INVALID: ['BUILD_UNKNOWN_PLATFORM_FLAG', 'BUILD_FIX_UNKNOWN_PLATFORM_FLAG'],
  REGISTRY_DENIED: ['BUILD_PUSH_ACCESS_DENIED', 'DOCKER_AUTH_CONFIGURE'],
  REGISTRY_UNAUTHORIZED: ['BUILD_PUSH_ACCESS_DENIED', 'DOCKER_AUTH_CONFIGURE'],
  STATUS_DEADLINE: ['STATUSCHECK_DEADLINE_EXCEEDED'],
} satisfies Partial<Record<ErrorCode, readonly [string, string?]>>

const unknownOf: Readonly<Record<Task, string>> = {
  DevLoop: 'UNKNOWN_ERROR',
  Build: 'BUILD_UNKNOWN',
  Test: 'TEST_UNKNOWN',
  Render: 'UNKNOWN_ERROR',
  Deploy: 'DEPLOY_UNKNOWN',
  StatusCheck: 'STATUSCHECK_UNKNOWN',
  Sync: 'SYNC_UNKNOWN',
  Verify: 'UNKNOWN_ERROR',
  Exec: 'UNKNOWN_ERROR',
}

const canceledOf: Partial<Record<Task, string>> = {
  Build: 'BUILD_CANCELLED',
  Deploy: 'DEPLOY_CANCELLED',
  StatusCheck: 'STATUSCHECK_USER_CANCELLED',
}

/** The problem that a failure is, in a part of the run; absent: before any. */
export function problemOf(failure: Failure, task?: Task): Problem {
  const { code, hint } = failure
  const [known, suggestion] = (code === undefined ? undefined : statusOf[code]) ?? []
  const canceled = code === 'ABORTED' && task !== undefined ? canceledOf[task] : undefined
  const status = known ?? canceled ?? (task === undefined ? 'INIT_UNKNOWN' : unknownOf[task])
  return {
    status,
    message: redact(failure.message),
    ...(hint === undefined ? {} : { suggestion: { code: suggestion ?? 'NIL', action: redact(hint) } }),
  }
}

/** What was thrown, as a failure. */
export function failureOf(error: unknown): Failure {
  if (!isToolError(error)) return { message: error instanceof Error ? error.message : String(error) }
  const { code, message, hint } = error
  return { code, message, ...(hint === undefined ? {} : { hint }) }
}

/** The message `ActionableErr` of both versions. */
export function actionableErrOf({ status, message, suggestion }: Problem): Message {
  const suggestions = suggestion === undefined ? [] : [{ suggestionCode: suggestion.code, action: suggestion.action }]
  return { errCode: status, message, suggestions }
}
