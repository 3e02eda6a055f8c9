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
import { uploadEndpoint, uploadsEndpoint } from './uploads.ts'

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
 * credentials.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 * @example createServer(createRegistryHandler({ store: createMemoryStore() })).listen(5000, '127.0.0.1')
 */
export function createRegistryHandler({ store, onError }: RegistryHandlerOptions): RegistryHandler {
  return async (req, res) => {
    try {
      const answer = await answerTo(req, store)
      await write(answer, req, res)
    } catch (error) {
      // a client that went away is nobody's failure
      if (req.errored !== null || res.destroyed) return
      onError?.(error)
      await writeFailure(error, req, res)
    }
  }
}

async function answerTo(req: IncomingMessage, store: RegistryStore): Promise<Answer> {
  const url = new URL(req.url ?? '/', 'http://registry')
  const route = parseRoute(url.pathname)
  if (route === undefined)
    return fault(404, 'NAME_UNKNOWN', { message: `${url.pathname} is no path of the registry API` })
  const ask: Ask = {
    method: req.method ?? 'GET',
    query: url.searchParams,
    headers: req.headers,
    body: { [Symbol.asyncIterator]: () => req.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array> },
  }
  if ('name' in route && !isName(route.name)) {
    return fault(isRead(ask.method) ? 404 : 400, 'NAME_INVALID', { message: `${route.name} is no repository name` })
  }
  return dispatch(route, ask, store)
}

async function dispatch(route: Route, ask: Ask, store: RegistryStore): Promise<Answer> {
  switch (route.kind) {
    case 'base':
      return isRead(ask.method) ? json({ status: 200 }, {}) : notAllowed('GET, HEAD')
    case 'catalog':
      return isRead(ask.method) ? catalogEndpoint(ask, store) : notAllowed('GET, HEAD')
    case 'tags':
      return isRead(ask.method) ? tagsEndpoint(route, ask, store) : notAllowed('GET, HEAD')
    case 'referrers':
      return isRead(ask.method) ? referrersEndpoint(route, ask, store) : notAllowed('GET, HEAD')
    case 'blob':
      return (await blobEndpoint(route, ask, store)) ?? notAllowed('GET, HEAD, DELETE')
    case 'manifest':
      return (await manifestEndpoint(route, ask, store)) ?? notAllowed('GET, HEAD, PUT, DELETE')
    case 'uploads':
      return ask.method === 'POST' ? uploadsEndpoint(route, ask, store) : notAllowed('POST')
    case 'upload':
      return (await uploadEndpoint(route, ask, store)) ?? notAllowed('GET, PATCH, PUT, DELETE')
  }
}

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
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
