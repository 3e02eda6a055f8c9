import { isDeepStrictEqual } from 'node:util'
import { isToolError } from '../../errors/index.ts'
import type { ApplyOptions, ApplyOutcome, KubeObject } from '../contract.ts'
import { sendAgain } from './again.ts'
import { handoverOf, type FieldHandover } from './client-side-apply.ts'
import type { Api } from './list.ts'
import { parseObject } from './objects.ts'
import type { KubeRequest } from './request.ts'
import type { Transport } from './transport.ts'

/**
 * Server-side apply; the object goes out as it is, fields that nobody here knows included.
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export async function applyObject(api: Api, object: KubeObject, options: ApplyOptions): Promise<ApplyOutcome> {
  const { apiVersion, kind, metadata } = object
  const { namespace, name } = metadata
  const ref = { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) }
  const { path, what } = await api.addresses.object(ref, options.signal)
  const at = { path, what, signal: options.signal }
  const before = await readIfThere(api.transport, at)
  const takeover = before === undefined ? nothingTaken : await takeOver(api.transport, before, { at, options })
  const request: KubeRequest = {
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
  }
  const isOfOneVersion = metadata.resourceVersion !== undefined || metadata.uid !== undefined
  const answer = await sendAgain(api.transport, request, { isOfOneVersion })
  const after = parseObject(answer.body, what)
  const action = actionOf(answer.status, { before, after })
  const warnings = [...takeover.warnings, ...warningsOf(answer.headers)]
  return { object: after, action, warnings, takenFrom: takeover.takenFrom }
}

type Takeover = Pick<ApplyOutcome, 'takenFrom' | 'warnings'>

const nothingTaken: Takeover = { takenFrom: [], warnings: [] }

/** Of kubectl; as often as the object changes in between. */
const maxHandovers = 5

/** Whoever has applied on the client's side owns nothing of the object afterwards; without that the apply still can do. */
async function takeOver(
  transport: Transport,
  object: KubeObject,
  { at, options }: { readonly at: ReadRequest; readonly options: ApplyOptions },
): Promise<Takeover> {
  let live: KubeObject | undefined = object
  for (let attempt = 1; live !== undefined; attempt += 1) {
    const handover = handoverOf(live, options.fieldManager)
    if (handover === undefined || options.dryRun === true) return nothingTaken
    try {
      await sendAgain(transport, handoverRequest(handover, at, options), { isOfOneVersion: true })
      return { takenFrom: handover.from, warnings: [] }
    } catch (error) {
      if (!isToolError(error, 'KUBE_CONFLICT', 'KUBE_INVALID', 'KUBE_FORBIDDEN')) throw error
      if (attempt === maxHandovers || error.code !== 'KUBE_CONFLICT') {
        return { takenFrom: [], warnings: [`fields of ${handover.from.join(', ')} stay its own: ${error.message}`] }
      }
      live = await readIfThere(transport, at)
    }
  }
  return nothingTaken
}

function handoverRequest(
  { patch }: FieldHandover,
  { path, what, signal }: ReadRequest,
  { fieldManager }: ApplyOptions,
): KubeRequest {
  return {
    method: 'PATCH',
    path,
    query: { fieldManager },
    contentType: 'application/json-patch+json',
    body: patch,
    ...(signal === undefined ? {} : { signal }),
    about: { verb: 'apply', what },
  }
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
