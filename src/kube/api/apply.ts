import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { isToolError } from '../../errors/index.ts'
import type { ApplyOptions, ApplyOutcome, KubeObject } from '../contract.ts'
import { KubeRefusal } from './kube-refusal.ts'
import type { Api } from './list.ts'
import { parseObject } from './objects.ts'
import type { KubeRequest } from './request.ts'
import type { JsonAnswer, Transport } from './transport.ts'

/**
 * Server-side apply; the object goes out as it is, fields that nobody here knows included.
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export async function applyObject(api: Api, object: KubeObject, options: ApplyOptions): Promise<ApplyOutcome> {
  const { apiVersion, kind, metadata } = object
  const { namespace, name } = metadata
  const ref = { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) }
  const { path, what } = await api.addresses.object(ref, options.signal)
  const before = await readIfThere(api.transport, { path, what, signal: options.signal })
  const answer = await sendAgain(api.transport, {
    method: 'PATCH',
    path,
    query: {
      fieldManager: options.fieldManager,
      force: options.force === true ? 'true' : undefined,
      dryRun: options.dryRun === true ? 'All' : undefined,
      // fields that the server would drop without a word are errors, as with kubectl
      fieldValidation: 'Strict',
    },
    contentType: 'application/apply-patch+yaml',
    body: object,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    about: { verb: 'apply', what },
  })
  const after = parseObject(answer.body, what)
  return { object: after, action: actionOf(answer.status, { before, after }), warnings: warningsOf(answer.headers) }
}

interface ReadRequest {
  readonly path: string
  readonly what: string
  readonly signal: AbortSignal | undefined
}

/** The object at a path; undefined when it is not there. */
export async function readIfThere(
  transport: Transport,
  { path, what, signal }: ReadRequest,
): Promise<KubeObject | undefined> {
  try {
    const about = { verb: 'get', what }
    const answer = await transport.json({ method: 'GET', path, about, ...(signal === undefined ? {} : { signal }) })
    return parseObject(answer.body, what)
  } catch (error) {
    if (isToolError(error, 'KUBE_NOT_FOUND')) return undefined
    throw error
  }
}

/** Applying twice is the same as once, so that what was cut or refused for the moment is sent again. */
async function sendAgain(transport: Transport, request: KubeRequest): Promise<JsonAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transport.json({ ...request, isRepeatable: false })
    } catch (error) {
      if (attempt === 4 || !isPassing(error)) throw error
      await sleep(100 * 2 ** attempt, undefined, request.signal === undefined ? {} : { signal: request.signal })
    }
  }
}

function isPassing(error: unknown): boolean {
  if (!isToolError(error)) return false
  if (error.cause instanceof KubeRefusal) return [429, 502, 503, 504].includes(error.cause.status)
  return error.code === 'KUBE_UNREACHABLE' && isToolError(error.cause, 'HTTP_INTERRUPTED')
}

interface Change {
  readonly before: KubeObject | undefined
  readonly after: KubeObject
}

function actionOf(status: number, { before, after }: Change): ApplyOutcome['action'] {
  if (status === 201 || before === undefined) return 'created'
  if (before.metadata.uid !== after.metadata.uid) return 'created'
  if (before.metadata.resourceVersion === after.metadata.resourceVersion) return 'unchanged'
  // controllers may have written the status in between
  return isDeepStrictEqual(withoutStatus(before), withoutStatus(after)) ? 'unchanged' : 'configured'
}

function withoutStatus(object: KubeObject): object {
  const { status: _, metadata, ...rest } = object
  const { resourceVersion: _version, managedFields: _fields, ...meta } = metadata
  return { ...rest, metadata: meta }
}

/**
 * Texts of `Warning` headers: `299 - "text"`, quotes in it escaped by a backslash.
 * @see https://www.rfc-editor.org/rfc/rfc7234#section-5.5
 */
function warningsOf(headers: Readonly<Record<string, string>>): readonly string[] {
  const matches = (headers['warning'] ?? '').matchAll(/\b\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)
  return [...matches].map(([, text = '']) => text.replaceAll(/\\(.)/g, '$1'))
}
