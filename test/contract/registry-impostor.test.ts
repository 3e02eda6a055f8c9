import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { Registry } from '../../src/registry/index.ts'
import { publishImages } from '../../src/transfer/index.ts'
import { aReference, aRegistry, anImage, closeServer } from '../support/registry-fixtures.ts'

/** Servers that answer where a registry is expected and are none. */

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  await Promise.all(closing.splice(0).map(async (close) => close()))
})

async function aHost(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  closing.push(async () => closeServer(server))
  await new Promise((resolve) => server.once('listening', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

function aClient(): Registry {
  const registry = aRegistry()
  closing.push(async () => registry.close())
  return registry
}

const answering =
  (status: number, type: string, body: string): RequestListener =>
  (incoming, response) => {
    incoming.resume()
    response.writeHead(status, { 'content-type': type }).end(body)
  }

describe('a push to', () => {
  test.each<[string, RequestListener]>([
    ['a login page', answering(200, 'text/html', '<html>log in</html>')],
    ['a server that answers everything with {}', answering(200, 'application/json', '{}')],
    [
      'a server that answers everything with bytes of the right type',
      answering(200, 'application/vnd.oci.image.manifest.v1+json', '\u0000\u0001'),
    ],
  ])('%s fails', async (_, listener) => {
    const reference = aReference(await aHost(listener), 'team/app:v1')
    await expect(publishImages(aClient(), { reference, images: [anImage('amd64')] })).rejects.toMatchObject({
      code: 'REGISTRY_ANSWER_INVALID',
    })
  })
})

describe('a read from', () => {
  test('a server that fails says its status, and its words', async () => {
    const host = await aHost(answering(500, 'text/plain', 'oops'))
    await expect(aClient().getManifest(aReference(host, 'team/app:v1'))).rejects.toMatchObject({
      code: 'REGISTRY_FAILED',
      message: `${host}/team/app:v1: status 500: oops`,
    })
  })

  test('a full registry says what to do', async () => {
    const host = await aHost(answering(507, 'text/plain', ''))
    await expect(aClient().getManifest(aReference(host, 'team/app:v1'))).rejects.toMatchObject({
      hint: `make room in ${host}`,
    })
  })

  test('a server that hangs up on http and speaks no TLS either is not told as a matter of certificates', async () => {
    const host = await aHost((incoming) => incoming.socket.destroy())
    const failure = { code: 'REGISTRY_FAILED', message: expect.stringContaining(`http://${host}/`) }
    await expect(aClient().getManifest(aReference(host, 'team/app:v1'))).rejects.toMatchObject(failure)
  })
})
