import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { containerOf } from '../container-of.ts'
import { member, text } from '../catalog.ts'
import { findObject } from '../read.ts'
import type { ApiContext } from '../request.ts'
import { parseRoute, verbOf, type Route } from '../route.ts'
import { badRequest, noSuchResource, StatusError, statusDocument } from '../status.ts'
import { PlainRefusal, type StreamServing, type UpgradeRequest } from './contract.ts'
import { serveExec } from './exec-stream.ts'
import { servePorts } from './port-stream.ts'

/** Serves `exec` and `portforward`, whose requests were accepted already; answers all others with a refusal. */
export async function serveStream(serving: StreamServing, request: UpgradeRequest): Promise<void> {
  const { req, url } = request
  const route = /^\/apis?\//.test(url.pathname) ? parseRoute(url.pathname, serving.context.catalog) : undefined
  if (route?.subresource === undefined) throw route === undefined ? noSuchResource() : badRequest('no upgrade here')
  verbOf(req.method ?? 'GET', route)
  const pod = findObject(serving.context, route)
  if (route.subresource.name === 'exec') await serveExec(serving, request, { pod, container: execContainer(pod, url) })
  else if (route.subresource.name === 'portforward') await servePorts(serving, request, scheduled(pod))
  else throw notSimulated(route)
}

type Pod = ReturnType<typeof findObject>

function execContainer(pod: Pod, { searchParams }: URL): string {
  const container = containerOf(pod, searchParams.get('container') ?? '')
  scheduled(pod)
  return container
}

function scheduled(pod: Pod): Pod {
  if (text(member(pod, 'spec')['nodeName']) !== '') return pod
  throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`)
}

/** The refusal of what is not simulated, and of requests that should have asked for an upgrade. */
export function refuseStream(context: ApiContext, route: Route): StatusError {
  const name = route.subresource?.name ?? ''
  if (name !== 'exec' && name !== 'portforward') return notSimulated(route)
  findObject(context, route)
  return badRequest('Upgrade request required')
}

function notSimulated({ subresource }: Route): StatusError {
  const message = `the sandbox does not simulate ${subresource?.name ?? ''}`
  return new StatusError({ message, reason: 'NotImplemented', code: 501 })
}

/** Writes an answer to a connection that was not upgraded, and ends it. */
export function refuseUpgrade(socket: Duplex, error: unknown): void {
  const { status, type, body, headers } = refusalOf(error)
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...(body === '' ? [] : [`Content-Type: ${type}`]),
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    'Connection: close',
  ]
  if (socket.writable) socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
}

interface Refusal {
  readonly status: number
  readonly type: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof PlainRefusal) {
    return { status: error.status, type: 'text/plain; charset=utf-8', body: error.message, headers: error.headers }
  }
  const body =
    error instanceof StatusError
      ? error.body
      : { message: `Internal error occurred: ${String(error)}`, reason: 'InternalError', code: 500 }
  return { status: body.code, type: 'application/json', body: JSON.stringify(statusDocument(body)), headers: {} }
}
