import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { createMemoryStore, createRegistryHandler } from '../../src/registry-server/index.ts'
import { startTokenRegistry, type TokenRegistry, type TokenRegistryOptions } from '../support/auth-server.ts'
import { aBlob, aReference, aRegistry, anImage, closeServer, startSpy } from '../support/registry-fixtures.ts'
import { selfSigned } from '../support/self-signed.ts'

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  await Promise.all(closing.splice(0).map(async (close) => close()))
})

function aClient(...args: Parameters<typeof aRegistry>): ReturnType<typeof aRegistry> {
  const registry = aRegistry(...args)
  closing.push(async () => registry.close())
  return registry
}

function inner(): TokenRegistryOptions['inner'] {
  const handle = createRegistryHandler({ store: createMemoryStore() })
  return (req, res) => void handle(req, res)
}

async function aTokenRegistry(options: Partial<TokenRegistryOptions> = {}): Promise<TokenRegistry> {
  const made = await startTokenRegistry({ inner: inner(), ...options })
  closing.push(async () => made.close())
  return made
}

/** An environment whose credentials are these, by host. */
function storing(auths: Readonly<Record<string, object>>): { env: Record<string, string> } {
  return { env: { DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) } }
}

const basic = (login: string): string => `Basic ${Buffer.from(login).toString('base64')}`
const auth = (login: string): { auth: string } => ({ auth: Buffer.from(login).toString('base64') })

describe('tokens', () => {
  test.each(['Bearer', 'bearer', 'BEARER'])('anonymous: one challenge "%s", one token, no password', async (scheme) => {
    const { registry, auth } = await aTokenRegistry({ scheme })
    const client = aClient()
    const reference = aReference(registry.host, 'team/app:v1')
    expect(await client.resolve(reference)).toBeUndefined()
    expect(await client.resolve(reference)).toBeUndefined()
    expect(registry.seen.map(({ status, authorization }) => [status, authorization])).toEqual([
      [401, undefined],
      [404, 'Bearer token-1'],
      [404, 'Bearer token-1'],
    ])
    expect(auth.seen.map(({ method, url, authorization }) => [method, decodeURIComponent(url), authorization])).toEqual(
      [['GET', '/token?service=the+service&scope=repository:team/app:pull', undefined]],
    )
  })

  test.each(['token', 'access_token'] as const)('the answer may call it %s', async (field) => {
    const { registry } = await aTokenRegistry({ field })
    expect(await aClient().resolve(aReference(registry.host, 'team/app:v1'))).toBeUndefined()
  })

  test('with a login: the password goes to the token server, and never to the registry', async () => {
    const { registry, auth: server } = await aTokenRegistry({ logins: [basic('me:secret')] })
    const client = aClient(storing({ [registry.host]: auth('me:secret') }))
    await client.pushBlob(aReference(registry.host, 'team/app'), aBlob('x'))
    expect(server.seen.every(({ authorization }) => authorization === basic('me:secret'))).toBe(true)
    expect(server.seen.at(-1)?.url).toContain('account=me')
    expect(registry.seen.filter(({ authorization }) => authorization?.startsWith('Basic'))).toEqual([])
  })

  test('a wrong login is REGISTRY_UNAUTHORIZED, with a way out', async () => {
    const { registry } = await aTokenRegistry({ logins: [basic('me:secret')] })
    const client = aClient(storing({ [registry.host]: auth('me:old') }))
    await expect(client.resolve(aReference(registry.host, 'team/app:v1'))).rejects.toMatchObject({
      code: 'REGISTRY_UNAUTHORIZED',
      message: `${registry.host} does not accept the credentials that are stored for it`,
      hint: `run: catamaran login ${registry.host}`,
    })
  })

  test('of several pull secrets, the one that works is found', async () => {
    const { registry } = await aTokenRegistry({ logins: [basic('me:new')] })
    const pullSecrets = ['me:old', 'me:new'].map((login) => JSON.stringify({ auths: { [registry.host]: auth(login) } }))
    expect(await aClient({ pullSecrets }).resolve(aReference(registry.host, 'team/app:v1'))).toBeUndefined()
  })

  test('a token is asked for once for many requests at the same time, and once per scope', async () => {
    const { registry, auth: server } = await aTokenRegistry()
    const client = aClient()
    const reference = aReference(registry.host, 'team/app')
    await Promise.all(['a', 'b', 'c', 'd'].map(async (text) => client.pushBlob(reference, aBlob(text))))
    expect(server.seen.map(({ url }) => new URL(url, 'http://x').searchParams.get('scope'))).toEqual([
      'repository:team/app:pull,push',
    ])
  })

  test.each([false, true])('a mount asks for both scopes, push first; reads one: %s', async (readsOneScope) => {
    const { registry, auth: server } = await aTokenRegistry({ readsOneScope })
    const client = aClient()
    const [from, to] = [aReference(registry.host, 'base/os'), aReference(registry.host, 'team/app')]
    await client.pushBlob(from, aBlob('shared'))
    expect(await client.pushBlob(to, aBlob('shared', from))).toBe('mounted')
    expect(new URL(server.seen.at(-1)!.url, 'http://x').searchParams.getAll('scope')).toEqual([
      'repository:team/app:pull,push',
      'repository:base/os:pull',
    ])
  })

  test('a token that ran out is renewed once, whatever the server said about its life', async () => {
    let clock = 0
    const { registry, auth: server } = await aTokenRegistry({ lifeMs: 5000, saysSeconds: 300, now: () => clock })
    const client = aClient({ now: () => clock })
    const reference = aReference(registry.host, 'team/app:v1')
    await client.resolve(reference)
    clock = 6000
    await client.resolve(reference)
    expect(registry.seen.map(({ status }) => status)).toEqual([401, 404, 401, 404])
    expect(server.seen).toHaveLength(2)
  })

  test('a token that is about to run out is renewed before it is refused', async () => {
    let clock = 0
    const { registry } = await aTokenRegistry({ lifeMs: 5000, now: () => clock })
    const client = aClient({ now: () => clock })
    const reference = aReference(registry.host, 'team/app:v1')
    await client.resolve(reference)
    clock = 4500
    await client.resolve(reference)
    expect(registry.seen.map(({ status }) => status)).toEqual([401, 404, 404])
  })

  test('a registry that refuses its own fresh token is not asked for ever', async () => {
    const { registry } = await aTokenRegistry({ lifeMs: -1, saysSeconds: 60 })
    await expect(aClient().getManifest(aReference(registry.host, 'team/app:v1'))).rejects.toMatchObject({
      code: 'REGISTRY_UNAUTHORIZED',
    })
    expect(registry.seen.length).toBeLessThan(4)
  })
})

describe('identity tokens', () => {
  test('are given by POST, and the password field stays out of it', async () => {
    const { registry, auth: server } = await aTokenRegistry({ refreshTokens: ['refresh-1'] })
    const client = aClient(storing({ [registry.host]: { identitytoken: 'refresh-1' } }))
    expect(await client.resolve(aReference(registry.host, 'team/app:v1'))).toBeUndefined()
    expect(server.lines()).toEqual(['POST /token → 200'])
  })

  test.each([404, 405])('a token server that answers POST with %i is asked by GET', async (postStatus) => {
    const { registry, auth: server } = await aTokenRegistry({ postStatus, logins: [basic('me:refresh-1')] })
    const client = aClient(storing({ [registry.host]: { ...auth('me:'), identitytoken: 'refresh-1' } }))
    expect(await client.resolve(aReference(registry.host, 'team/app:v1'))).toBeUndefined()
    expect(server.seen.map(({ method }) => method)).toEqual(['POST', 'GET'])
  })
})

describe('passwords and access tokens', () => {
  async function aBasicRegistry(login: string): Promise<Awaited<ReturnType<typeof startSpy>>> {
    const handle = inner()
    const spy = await startSpy((req, res) => {
      if (req.headers.authorization === login) handle(req, res)
      else res.writeHead(401, { 'www-authenticate': 'Basic realm="reg"' }).end()
    })
    closing.push(async () => spy.close())
    return spy
  }

  test('Basic: the challenge is met once, then every request carries the password', async () => {
    const server = await aBasicRegistry(basic('AWS:secret'))
    const client = aClient(storing({ [server.host]: auth('AWS:secret') }))
    await client.pushBlob(aReference(server.host, 'team/app'), aBlob('x'))
    expect(server.seen.map(({ status }) => status)).toEqual([401, 404, 202, 201])
  })

  test('Basic: without a login, and with a wrong one, REGISTRY_UNAUTHORIZED after no more than two requests', async () => {
    const server = await aBasicRegistry(basic('AWS:secret'))
    for (const options of [{}, storing({ [server.host]: auth('AWS:wrong') })]) {
      server.lines()
      await expect(aClient(options).getManifest(aReference(server.host, 'team/app:v1'))).rejects.toMatchObject({
        code: 'REGISTRY_UNAUTHORIZED',
      })
      expect(server.seen.length).toBeLessThanOrEqual(2)
    }
  })

  test('Basic: of several pull secrets, the one that works is found', async () => {
    const server = await aBasicRegistry(basic('me:new'))
    const pullSecrets = ['me:old', 'me:new'].map((login) => JSON.stringify({ auths: { [server.host]: auth(login) } }))
    expect(await aClient({ pullSecrets }).resolve(aReference(server.host, 'team/app:v1'))).toBeUndefined()
  })

  test('a stored access token is used as it is', async () => {
    const server = await aBasicRegistry('Bearer ready-made')
    const client = aClient(storing({ [server.host]: { registrytoken: 'ready-made' } }))
    expect(await client.resolve(aReference(server.host, 'team/app:v1'))).toBeUndefined()
    expect(server.seen).toHaveLength(1)
  })
})

describe('what must not be asked', () => {
  test.each(['http://169.254.169.254/token', 'https://10.0.0.1/token', 'not a url'])('realm %s', async (realm) => {
    const { registry } = await aTokenRegistry({ realm })
    const client = aClient(storing({ [registry.host]: auth('me:secret') }))
    await expect(client.resolve(aReference(registry.host, 'team/app:v1'))).rejects.toMatchObject({
      code: 'REGISTRY_ANSWER_INVALID',
    })
  })

  test('credentials stay where they belong when a blob is elsewhere', async () => {
    const store = await startSpy((_, res) => res.end('content'))
    closing.push(async () => store.close())
    const { registry } = await aTokenRegistry({
      logins: [basic('me:secret')],
      inner: (_, res) => res.writeHead(307, { location: `${store.url}/blob?signature=abc` }).end(),
    })
    const client = aClient(storing({ [registry.host]: auth('me:secret'), [store.host]: auth('store:secret') }))
    const blob = aBlob('content')
    const chunks: Uint8Array[] = []
    for await (const chunk of client.getBlob(aReference(registry.host, 'a'), blob.descriptor)) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toBe('content')
    expect(store.seen.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/blob?signature=abc', undefined],
    ])
  })

  test('a place that wants a login after a redirect gets none', async () => {
    const store = await startSpy((_, res) => res.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end())
    closing.push(async () => store.close())
    const { registry } = await aTokenRegistry({
      inner: (_, res) => res.writeHead(307, { location: `${store.url}/blob` }).end(),
    })
    const client = aClient(storing({ [store.host]: auth('store:secret') }))
    const reading = client.getBlob(aReference(registry.host, 'a'), aBlob('x').descriptor)
    await expect(reading[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' })
    expect(store.seen.map(({ authorization }) => authorization)).toEqual([undefined])
  })

  test('redirects in a circle end', async () => {
    const server = await startSpy((req, res) => res.writeHead(307, { location: `${req.url}x` }).end())
    closing.push(async () => server.close())
    await expect(aClient().getManifest(aReference(server.host, 'a:v1'))).rejects.toMatchObject({
      code: 'REGISTRY_ANSWER_INVALID',
    })
    expect(server.seen).toHaveLength(6)
  })
})

describe('http and https', () => {
  test('on loopback a server that speaks TLS is found after http was tried', async () => {
    const handle = inner()
    const server = createTlsServer(selfSigned, handle)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(async () => closeServer(server))
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const reference = aReference(host, 'team/app:v1')
    await expect(aClient().resolve(reference)).rejects.toMatchObject({ code: 'REGISTRY_CERTIFICATE' })
    const client = aClient({ insecureRegistries: [host] })
    expect(await Promise.all([client.resolve(reference), client.resolve(reference)])).toEqual([undefined, undefined])
    expect(await aClient({ skipTlsVerify: true }).resolve(reference)).toBeUndefined()
    await expect(aClient({ plainHttp: true }).resolve(reference)).rejects.toMatchObject({ code: 'REGISTRY_FAILED' })
  })

  test.each(['Client sent an HTTP request to an HTTPS server.\n', 'The plain HTTP request was sent to HTTPS port'])(
    'an answer "%s" means TLS',
    async (text) => {
      const server = await startSpy((_, res) => res.writeHead(400).end(text))
      closing.push(async () => server.close())
      await expect(aClient().resolve(aReference(server.host, 'a:v1'))).rejects.toMatchObject({
        code: expect.stringMatching(/REGISTRY_CERTIFICATE|REGISTRY_FAILED/),
      })
      expect(server.lines()).toEqual(['HEAD /v2/a/manifests/v1 → 400', 'GET /v2/ → 400'])
    },
  )

  test('the first requests find out together', async () => {
    const handle = inner()
    const server = await startSpy(handle)
    closing.push(async () => server.close())
    const client = aClient()
    const reference = aReference(server.host, 'a')
    await Promise.all(anImage('amd64').layers.map(async (layer) => client.pushBlob(reference, layer)))
    await Promise.all(['a', 'b', 'c'].map(async (text) => client.pushBlob(reference, aBlob(text))))
    expect(server.seen.every(({ status }) => status < 400 || status === 404)).toBe(true)
  })
})
