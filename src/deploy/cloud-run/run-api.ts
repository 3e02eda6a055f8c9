import * as v from 'valibot'
import { ToolError } from '../../errors/index.ts'
import { refusalIn, type Google } from '../../google/index.ts'
import type { ResourceObject } from '../../resource/index.ts'
import { runName, type RunKind, type RunObject } from './run-objects.ts'

/** What Cloud Run says about an object. */
export interface RunState {
  /** Undefined while it has not looked at the newest change. */
  readonly ready?: { readonly status: 'False' | 'True' | 'Unknown'; readonly message: string }
  readonly url?: string
  readonly spec: unknown
}

/** Objects of Cloud Run, version 1: those of Knative. @see https://cloud.google.com/run/docs/reference/rest/v1 */
export interface RunApi {
  /** Undefined when there is no such object. */
  get(object: RunObject, signal?: AbortSignal): Promise<RunState | undefined>
  create(object: RunObject, body: ResourceObject, signal?: AbortSignal): Promise<void>
  replace(object: RunObject, body: ResourceObject, signal?: AbortSignal): Promise<void>
  /** Whether it was there. */
  remove(object: RunObject, signal?: AbortSignal): Promise<boolean>
}

const stateSchema = v.object({
  metadata: v.object({ generation: v.optional(v.number()) }),
  spec: v.optional(v.unknown()),
  status: v.optional(
    v.object({
      observedGeneration: v.optional(v.number()),
      url: v.exactOptional(v.string()),
      conditions: v.optional(
        v.array(
          v.object({
            type: v.string(),
            status: v.optional(v.picklist(['True', 'False', 'Unknown']), 'Unknown'),
            message: v.optional(v.string(), ''),
          }),
        ),
        [],
      ),
    }),
    {},
  ),
})

/** The API of Cloud Run. */
export function openRun(google: Google): RunApi {
  const send = async (method: 'DELETE' | 'GET' | 'POST' | 'PUT', object: RunObject, more: Sending): Promise<unknown> =>
    google.call({
      method,
      url: urlOf(google, object, method === 'POST'),
      task: `${more.verb} ${runName(object)} in ${object.project}, ${object.region}`,
      ...(more.body === undefined ? {} : { json: more.body }),
      ...(more.signal === undefined ? {} : { signal: more.signal }),
    })
  return {
    async get(object, signal) {
      const answer = await unlessMissing(send('GET', object, { verb: 'looking at', signal }))
      return answer === undefined ? undefined : stateOf(answer, object)
    },
    create: async (object, body, signal) => void (await send('POST', object, { verb: 'creating', body, signal })),
    replace: async (object, body, signal) => void (await send('PUT', object, { verb: 'changing', body, signal })),
    remove: async (object, signal) =>
      (await unlessMissing(send('DELETE', object, { verb: 'deleting', signal }))) !== undefined,
  }
}

interface Sending {
  readonly verb: string
  readonly body?: ResourceObject
  readonly signal: AbortSignal | undefined
}

async function unlessMissing(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer
  } catch (error) {
    if (refusalIn(error)?.status === 404) return undefined
    throw error
  }
}

const collections: Readonly<Record<RunKind, string>> = { Job: 'jobs', Service: 'services', WorkerPool: 'workerpools' }

/** Services have a path with their region, the others one without: the host is the region's. */
function urlOf({ endpoints }: Google, { kind, name, project, region }: RunObject, isCollection: boolean): string {
  const parent =
    kind === 'Service'
      ? `v1/projects/${project}/locations/${region}`
      : `apis/run.googleapis.com/v1/namespaces/${project}`
  const collection = `${endpoints.run(region)}/${parent}/${collections[kind]}`
  return isCollection ? collection : `${collection}/${encodeURIComponent(name)}`
}

function stateOf(answer: unknown, object: RunObject): RunState {
  const parsed = v.safeParse(stateSchema, answer)
  if (!parsed.success) {
    throw new ToolError('GOOGLE_ANSWER_INVALID', `Cloud Run does not say how ${runName(object)} is`)
  }
  const { metadata, status, spec } = parsed.output
  const isNew = metadata.generation === status.observedGeneration
  const ready = isNew ? status.conditions.find(({ type }) => type === 'Ready') : undefined
  return {
    spec,
    ...(ready === undefined ? {} : { ready }),
    ...(status.url === undefined ? {} : { url: status.url }),
  }
}
