import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { isToolError } from '../errors/index.ts'
import { fault, json, type Answer, type Ask } from './answer.ts'
import { blobEndpoint } from './blobs.ts'
import type { RegistryStore } from './contract.ts'
import { manifestEndpoint } from './manifests.ts'
import { referrersEndpoint } from './referrers.ts'
import { isName, parseRoute, type Route } from './route.ts'
import { catalogEndpoint, tagsEndpoint } from './tags.ts'
import { createUploadEndpoint, uploadsEndpoint } from './uploads.ts'

/** What the handler is made of. */
export interface RegistryHandlerOptions {
  readonly store: RegistryStore
  /** Told of failures that the client only sees as a status of 500 or more. */
  readonly onError?: (error: unknown) => void
}

/** A handler for `node:http`'s `createServer`. Its promise never fails. */
export type RegistryHandler = (req: IncomingMessage, res: ServerResponse) => Promise<void>

/**
 * An OCI registry as a request handler: pull, push, content discovery and management. It neither listens nor asks for
 * credentials. Node cuts requests that take longer than five minutes unless the server has `requestTimeout: 0`.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 * @example
 * const handler = createRegistryHandler({ store: createMemoryStore() })
 * createServer({ requestTimeout: 0 }, (req, res) => void handler(req, res)).listen(5000, '127.0.0.1')
 */
export function createRegistryHandler({ store, onError }: RegistryHandlerOptions): RegistryHandler {
  const dispatch = createDispatch(store)
  return async (req, res) => {
    try {
      await write(await answerTo(req, dispatch), req, res)
    } catch (error) {
      if (isClientGone(error)) return
      onError?.(error)
      await writeFailure(error, req, res)
    } finally {
      // what the client still sends has to go somewhere, or its next request would never be read
      req.resume()
    }
  }
}

/** What Node says when a connection ends before all was read or written; that is nobody's failure. */
function isClientGone(error: unknown): boolean {
  const codes: readonly unknown[] = ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED']
  return typeof error === 'object' && error !== null && 'code' in error && codes.includes(error.code)
}

type Dispatch = (route: Route, ask: Ask) => Promise<Answer>

async function answerTo(req: IncomingMessage, dispatch: Dispatch): Promise<Answer> {
  const [pathname = '', ...query] = (req.url ?? '/').replace(/^https?:\/\/[^/]*/i, '').split('?')
  const route = parseRoute(pathname)
  if (route === undefined) return fault(404, 'NAME_UNKNOWN', { message: `${pathname} is no path of the registry API` })
  if ('name' in route && !isName(route.name)) {
    return fault(400, 'NAME_INVALID', { message: `${route.name} is no repository name` })
  }
  return dispatch(route, {
    method: req.method ?? 'GET',
    query: new URLSearchParams(query.join('?')),
    headers: req.headers,
    body: { [Symbol.asyncIterator]: () => req.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array> },
    hangUp: () => {
      req.destroy()
    },
  })
}

const methods: Readonly<Record<Route['kind'], readonly string[]>> = {
  base: ['GET', 'HEAD'],
  catalog: ['GET', 'HEAD'],
  tags: ['GET', 'HEAD'],
  referrers: ['GET', 'HEAD'],
  blob: ['GET', 'HEAD', 'DELETE'],
  manifest: ['GET', 'HEAD', 'PUT', 'DELETE'],
  uploads: ['POST'],
  upload: ['GET', 'HEAD', 'PATCH', 'PUT', 'DELETE'],
}

function createDispatch(store: RegistryStore): Dispatch {
  const uploadEndpoint = createUploadEndpoint()
  // oxlint-disable-next-line typescript/consistent-return -- the switch is exhaustive
  return async (route, ask) => {
    const allow = methods[route.kind]
    if (!allow.includes(ask.method)) return notAllowed(allow.join(', '))
    switch (route.kind) {
      case 'base':
        return json({ status: 200 }, {})
      case 'catalog':
        return catalogEndpoint(ask, store)
      case 'tags':
        return tagsEndpoint(route, ask, store)
      case 'referrers':
        return referrersEndpoint(route, ask, store)
      case 'blob':
        return blobEndpoint(route, ask, store)
      case 'manifest':
        return manifestEndpoint(route, ask, store)
      case 'uploads':
        return uploadsEndpoint(route, ask, store)
      case 'upload':
        return uploadEndpoint(route, ask, store)
    }
  }
}

function notAllowed(allow: string): Answer {
  return fault(405, 'UNSUPPORTED', { message: `only ${allow} can be done here`, headers: { allow } })
}

async function write(answer: Answer, req: IncomingMessage, res: ServerResponse): Promise<void> {
  res.writeHead(answer.status, {
    'docker-distribution-api-version': 'registry/2.0',
    'x-content-type-options': 'nosniff',
    ...(answer.body === undefined && answer.status !== 204 ? { 'content-length': '0' } : {}),
    ...answer.headers,
  })
  const { body } = answer
  if (req.method === 'HEAD' || body === undefined) res.end()
  else if (body instanceof Uint8Array) res.end(body)
  else await pipeline(body, res)
}

async function writeFailure(error: unknown, req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (res.headersSent) {
    // the status is out: only a cut connection can still say that the body is not whole
    res.destroy()
    return
  }
  const isFull = isToolError(error, 'DISK_FULL')
  const message = isFull ? 'the registry has no room left' : 'the registry failed'
  await write(fault(isFull ? 507 : 500, 'UNKNOWN', { message }), req, res)
}
