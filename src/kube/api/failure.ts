import { redact, ToolError, type ErrorCode } from '../../errors/index.ts'
import type { KubeTarget } from '../config/target.ts'
import { KubeRefusal, type RefusalCause } from './kube-refusal.ts'
import type { KubeRequest } from './request.ts'
import { parseStatus, type Status } from './status.ts'

interface Refused {
  readonly request: KubeRequest
  readonly status: number
  readonly target: KubeTarget
  readonly retryAfterMs?: number | undefined
}

/** What an answer outside 2xx means to the user. */
export function refusal(text: string, { request, status, target, retryAfterMs }: Refused): ToolError {
  const answer = parseStatus(text)
  const cause = new KubeRefusal(status, answer, retryAfterMs)
  const code = codeOf(status, answer)
  const said = redact(answer?.message ?? shortText(text))
  const message = messageOf(code, { ...request.about, said, cause, target })
  return new ToolError(code, message, { ...hintOf(code, { cause, target }), cause })
}

/** The error of a watch's ERROR event. */
export function statusError(object: unknown, context: Omit<Refused, 'status'>): ToolError {
  const text = JSON.stringify(object)
  return refusal(text, { ...context, status: parseStatus(text)?.code ?? 500 })
}

/** What a connection that failed means to the user. */
export function connectionError(error: ToolError, target: KubeTarget): ToolError {
  const where = `cluster of context "${target.context}"`
  if (error.code === 'HTTP_CERTIFICATE') {
    return new ToolError('KUBE_CERTIFICATE', `the ${where}: ${error.message}`, {
      hint: 'set certificate-authority-data of the cluster in the kubeconfig to the authority that signed its certificate',
      cause: error,
    })
  }
  if (error.code === 'HTTP_UNREACHABLE' || error.code === 'HTTP_INTERRUPTED') {
    return new ToolError('KUBE_UNREACHABLE', `cannot reach the ${where}: ${error.message}`, {
      hint: 'start the cluster, choose another one with --kube-context, or try it without a cluster: --sandbox',
      cause: error,
    })
  }
  if (error.code === 'HTTP_ANSWER_INVALID' || error.code === 'HTTP_TOO_LARGE') {
    return new ToolError('KUBE_ANSWER_INVALID', `the ${where}: ${error.message}`, {
      hint: `check that ${target.server} is a Kubernetes API server`,
      cause: error,
    })
  }
  return error
}

/** Proxies answer in HTML, older servers in plain text. */
function shortText(text: string): string {
  const line = text.trim().split('\n')[0] ?? ''
  return line.startsWith('<') ? '' : line.slice(0, 300)
}

const codes: Readonly<Record<number, ErrorCode>> = {
  400: 'KUBE_INVALID',
  401: 'KUBE_UNAUTHORIZED',
  403: 'KUBE_FORBIDDEN',
  404: 'KUBE_NOT_FOUND',
  409: 'KUBE_CONFLICT',
  422: 'KUBE_INVALID',
  502: 'KUBE_UNREACHABLE',
  503: 'KUBE_UNREACHABLE',
  504: 'KUBE_UNREACHABLE',
}

/** Server-side apply reports fields that a schema does not know as a failure of the server, without a reason. */
function codeOf(code: number, status: Status | undefined): ErrorCode {
  if (code === 500 && status !== undefined && status.reason === '') return 'KUBE_INVALID'
  // whoever is nobody has no credentials, or none that were sent
  if (code === 403 && status?.message.includes('"system:anonymous"') === true) return 'KUBE_UNAUTHORIZED'
  return codes[code] ?? 'KUBE_FAILED'
}

interface Telling {
  readonly verb: string
  readonly what: string
  readonly said: string
  readonly cause: KubeRefusal
  readonly target: KubeTarget
}

function messageOf(code: ErrorCode, { verb, what, said, cause, target }: Telling): string {
  if (code === 'KUBE_UNAUTHORIZED') {
    return `the cluster of context "${target.context}" does not accept the credentials of the kubeconfig`
  }
  if (code === 'KUBE_INVALID' && cause.causes.length > 0) {
    const causes = cause.causes.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`))
    return `cannot ${verb} ${what}: ${unique(causes).join('; ')}`
  }
  if (code === 'KUBE_CONFLICT' && cause.causes.length > 0) {
    return `cannot ${verb} ${what}: ${conflictsOf(cause)}`
  }
  return `cannot ${verb} ${what}: ${said === '' ? `the API server answered with status ${cause.status}` : said}`
}

/** One phrase per manager with the fields that it holds. */
function conflictsOf({ causes }: KubeRefusal): string {
  const byManager = new Map<string, string[]>()
  for (const { message, field } of causes) {
    byManager.set(message, [...(byManager.get(message) ?? []), field.replace(/^\./, '')])
  }
  return [...byManager].map(([message, fields]) => `${message} over ${fields.join(', ')}`).join('; ')
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)]
}

function hintOf(
  code: ErrorCode,
  { cause, target }: { readonly cause: KubeRefusal; readonly target: KubeTarget },
): { readonly hint?: string } {
  const hint = hints[code]?.(cause, target)
  return hint === undefined ? {} : { hint }
}

type Hint = (cause: KubeRefusal, target: KubeTarget) => string | undefined

const hints: Partial<Readonly<Record<ErrorCode, Hint>>> = {
  KUBE_UNAUTHORIZED: (_, { context }) => `log in to the cluster again, or choose another context than "${context}"`,
  KUBE_FORBIDDEN: forbiddenHint,
  KUBE_CONFLICT: ({ causes }) =>
    causes.length === 0
      ? 'run the command again: the object changed in between'
      : 'remove these fields from the manifest and leave them to the manager named, or take them from it with --force',
  KUBE_NOT_FOUND: ({ about }) =>
    about.resource === 'namespaces' ? `create it: kubectl create namespace ${about.name}` : undefined,
  KUBE_INVALID: ({ causes }) =>
    causes.some(isImmutable)
      ? 'these fields cannot change: delete the object first with "catamaran delete"'
      : 'correct the manifest',
  KUBE_UNREACHABLE: () => 'wait until the API server is ready, and run the command again',
}

function forbiddenHint({ causes, message }: KubeRefusal): string {
  if (causes.some(({ reason }) => reason === 'NamespaceTerminating')) {
    return 'wait until the namespace is gone, and run the command again'
  }
  const rule = missingRule(message)
  return rule === undefined
    ? 'ask for a role that allows it: "kubectl auth can-i --list" shows what the account may do'
    : `ask for a ${rule}`
}

/** RBAC says only in words what it was asked. */
function missingRule(message: string): string | undefined {
  const [, verb, resource, group = ''] =
    /cannot ([\w*-]+) resource "([^"]+)" in API group "([^"]*)"/.exec(message) ?? []
  if (verb === undefined || resource === undefined) return undefined
  const namespace = /in the namespace "([^"]+)"/.exec(message)?.[1]
  const role = namespace === undefined ? 'ClusterRole' : `Role in namespace ${namespace}`
  return `${role} with the rule {apiGroups: ["${group}"], resources: ["${resource}"], verbs: ["${verb}"]}`
}

/** Kubernetes has no reason of its own for immutable fields; both spellings are its own. */
function isImmutable({ reason, message }: RefusalCause): boolean {
  return /immutable|may not change/.test(message) || (reason === 'FieldValueForbidden' && /updates? to /.test(message))
}
