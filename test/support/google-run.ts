import { refused, type GoogleAnswer, type GoogleApi, type GoogleRequest } from './google-wire.ts'

/** A service, job or pool as it is kept. */
export interface RunObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly generation?: number
  }
  readonly spec: Readonly<Record<string, unknown>>
}

/** One answer about whether something is ready. */
export interface Readiness {
  readonly status: 'True' | 'False' | 'Unknown'
  readonly message?: string
  /** The server has not looked at the newest change yet. */
  readonly isOld?: boolean
}

/** Plays Cloud Run, version 1. */
export interface RunApi {
  readonly handle: GoogleApi
  /** By `kind/name`. */
  readonly objects: Map<string, RunObject>
  /** What is answered one time after the other, the last one for ever. */
  readiness: readonly Readiness[]
}

const kinds = {
  services: { apiVersion: 'serving.knative.dev/v1', kind: 'Service' },
  jobs: { apiVersion: 'run.googleapis.com/v1', kind: 'Job' },
  workerpools: { apiVersion: 'run.googleapis.com/v1', kind: 'WorkerPool' },
} as const

const ofLocation = /^\/v1\/projects\/([^/]+)\/locations\/[^/]+\/(services)(?:\/([^/]+))?$/
const ofNamespace = /^\/apis\/run\.googleapis\.com\/v1\/namespaces\/([^/]+)\/(jobs|workerpools)(?:\/([^/]+))?$/

interface One {
  readonly project: string
  readonly expected: { readonly apiVersion: string; readonly kind: string }
  readonly key: string
}

export function createRunApi(): RunApi {
  const objects = new Map<string, RunObject>()
  const looks = new Map<string, number>()
  const api: RunApi = {
    objects,
    readiness: [{ status: 'True' }],
    handle(request) {
      const match = ofLocation.exec(request.url.pathname) ?? ofNamespace.exec(request.url.pathname)
      if (match === null) return undefined
      const [, project = '', collection = '', name] = match
      const expected = kinds[collection as keyof typeof kinds]
      if (request.method === 'POST' && name === undefined) return write(request, { project, expected })
      return ofOne(request, { project, expected, key: `${expected.kind}/${name ?? ''}` })
    },
  }
  const ofOne = (request: GoogleRequest, { project, expected, key }: One): GoogleAnswer => {
    const found = objects.get(key)
    if (found === undefined) {
      return refused(404, 'NOT_FOUND', `Resource '${key}' does not exist.`)
    }
    if (request.method === 'PUT') return write(request, { project, expected, former: found })
    if (request.method === 'DELETE') {
      objects.delete(key)
      return { json: { kind: 'Status', status: 'Success' } }
    }
    const seen = looks.get(key) ?? 0
    looks.set(key, seen + 1)
    return { json: withStatus(found, api.readiness[Math.min(seen, api.readiness.length - 1)] ?? { status: 'True' }) }
  }
  const write = (
    request: GoogleRequest,
    {
      project,
      expected,
      former,
    }: { project: string; expected: { apiVersion: string; kind: string }; former?: RunObject },
  ): GoogleAnswer => {
    const object = request.json() as RunObject
    const wrong = mistakeIn(object, { project, ...expected })
    if (wrong !== undefined) return refused(400, 'INVALID_ARGUMENT', wrong)
    const key = `${object.kind}/${object.metadata.name}`
    if (former === undefined && objects.has(key)) return refused(409, 'ALREADY_EXISTS', `${key} exists`)
    const generation = (former?.metadata.generation ?? 0) + 1
    const kept = { ...object, metadata: { ...object.metadata, generation } }
    objects.set(key, kept)
    looks.delete(key)
    return { json: kept }
  }
  return api
}

function mistakeIn(
  { apiVersion, kind, metadata, spec }: RunObject,
  expected: { readonly project: string; readonly apiVersion: string; readonly kind: string },
): string | undefined {
  if (apiVersion !== expected.apiVersion || kind !== expected.kind) {
    return `${apiVersion} ${kind} is not a ${expected.kind}`
  }
  if (metadata.namespace !== expected.project) return `metadata.namespace has to be ${expected.project}`
  const label = Object.keys(metadata.labels ?? {}).find((key) => key.includes('/') && !key.includes('googleapis.com/'))
  if (label !== undefined) return `metadata.labels: "${label}" is not a valid label`
  if (JSON.stringify(spec).includes('"affinity"')) return 'spec.template.spec: unknown field affinity'
  return undefined
}

function withStatus(object: RunObject, { status, message, isOld }: Readiness): unknown {
  const { generation = 1, name } = object.metadata
  return {
    ...object,
    status: {
      observedGeneration: isOld === true ? generation - 1 : generation,
      conditions: [{ type: 'Ready', status, ...(message === undefined ? {} : { message }) }],
      ...(object.kind === 'Service'
        ? { url: `https://${name}-abc.a.run.app`, latestCreatedRevisionName: `${name}-1` }
        : {}),
    },
  }
}
