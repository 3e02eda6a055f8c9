import { readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { createIndex, digestOf, mediaTypes } from '../../src/image/index.ts'
import { apiHost, withDigest } from '../../src/reference/index.ts'
import type { Registry } from '../../src/registry/index.ts'
import { resolveLocation } from '../../src/registry/host/origin.ts'
import { createKeychain } from '../../src/registry/keychain/keychain.ts'
import { createMemoryStore, createRegistryHandler } from '../../src/registry-server/index.ts'
import { publishImages } from '../../src/transfer/index.ts'
import { startTokenRegistry, type TokenRegistry, type TokenRegistryOptions } from '../support/auth-server.ts'
import { startFaultProxy, type Fault, type FaultProxy, type Passing } from '../support/fault-proxy.ts'
import {
  aBlob,
  aReference,
  aRegistry,
  anImage,
  bytesOf,
  someBytes,
  startSpy,
  type Spy,
} from '../support/registry-fixtures.ts'

const mebibyte = 1024 * 1024
const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  await Promise.all(closing.splice(0).map(async (close) => close()))
})

function inner(): RequestListener {
  const handle = createRegistryHandler({ store: createMemoryStore() })
  return (req, res) => void handle(req, res)
}

async function aServer(listener: RequestListener): Promise<Spy> {
  const spy = await startSpy(listener)
  closing.push(async () => spy.close())
  return spy
}

async function behind(...faults: Fault[]): Promise<FaultProxy> {
  const server = await aServer(inner())
  const proxy = await startFaultProxy(server.host, faults)
  closing.push(async () => proxy.close())
  return proxy
}

async function aTokenRegistry(options: Partial<TokenRegistryOptions>): Promise<TokenRegistry> {
  const made = await startTokenRegistry({ inner: inner(), ...options })
  closing.push(async () => made.close())
  return made
}

function aClient(auths: Readonly<Record<string, object>> = {}): Registry {
  const registry = aRegistry({ env: { DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) } })
  closing.push(async () => registry.close())
  return registry
}

const login = (text: string): { auth: string } => ({ auth: Buffer.from(text).toString('base64') })
const basic = (text: string): string => `Basic ${login(text).auth}`

async function roundTrip(host: string, bytes: Uint8Array, client = aClient()): Promise<void> {
  const reference = aReference(host, 'team/app')
  const blob = aBlob(bytes)
  expect(await client.pushBlob(reference, blob)).toBe('uploaded')
  expect((await bytesOf(client.getBlob(reference, blob.descriptor))).equals(bytes)).toBe(true)
}

const isClosing = ({ method, url }: Passing): boolean => method === 'PUT' && url.includes('/uploads/')
const isMount = ({ url }: Passing): boolean => url.includes('mount=')
const isWhole = (passing: Passing): boolean => isClosing(passing) && passing.headers['content-range'] === undefined
const isTooLarge = (limit: number): Fault => ({
  when: ({ headers }) => Number(headers['content-length'] ?? 0) > limit,
  trouble: { kind: 'answer', status: 416 },
})

/** Wants the password with every request. */
function passwordOnly(wanted: string, behindIt: RequestListener): RequestListener {
  return (req, res) => {
    if (req.headers.authorization === wanted) behindIt(req, res)
    else req.resume().on('end', () => res.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end())
  }
}

/** By the number that the page gives them. */
const plays: Readonly<Record<number, () => Promise<void>>> = {
  async 1() {
    const body = JSON.stringify({ errors: [{ code: 'MANIFEST_INVALID', message: "fail to parse 'manifest.json'" }] })
    const proxy = await behind({
      when: ({ headers }) => headers['content-type'] === mediaTypes.oci.index,
      trouble: { kind: 'answer', status: 400, body },
    })
    const request = { reference: aReference(proxy.host, 'a:v1'), images: [anImage('amd64'), anImage('arm64')] }
    await expect(publishImages(aClient(), request)).rejects.toMatchObject({
      code: 'REGISTRY_FAILED',
      hint: expect.stringContaining(mediaTypes.oci.index),
    })
  },
  async 2() {
    const user = 'cn-north-4@AKEXAMPLE:0123456789abcdef'
    const server = await aServer(passwordOnly(basic(user), inner()))
    await roundTrip(server.host, someBytes(10), aClient({ [server.host]: login(user) }))
  },
  async 3() {
    const server = await aServer(passwordOnly(basic('AWS:token'), inner()))
    await roundTrip(server.host, someBytes(10), aClient({ [server.host]: login('AWS:token') }))
    expect(server.seen.slice(1).every(({ authorization }) => authorization === basic('AWS:token'))).toBe(true)
  },
  async 4() {
    const body = JSON.stringify({
      errors: [{ code: 'NAME_UNKNOWN', message: "The repository with name 'team/app' does not exist" }],
    })
    const server = await aServer((_, res) => res.writeHead(404).end(body))
    await expect(aClient().pushBlob(aReference(server.host, 'team/app'), aBlob('x'))).rejects.toMatchObject({
      code: 'REGISTRY_FAILED',
      message: expect.stringContaining("repository with name 'team/app' does not exist"),
      hint: 'create the repository in the registry first',
    })
  },
  async 5() {
    const proxy = await behind({
      when: ({ method }) => method === 'PUT',
      trouble: { kind: 'edit', headers: (headers) => ({ ...headers, location: undefined }) },
    })
    const image = anImage('amd64')
    const published = await publishImages(aClient(), { reference: aReference(proxy.host, 'a:v1'), images: [image] })
    expect(published.digest).toBe(image.descriptor.digest)
  },
  async 6() {
    const proxy = await behind(
      { when: isWhole, trouble: { kind: 'answer', status: 413 } },
      {
        when: ({ method }) => method === 'PATCH',
        trouble: { kind: 'edit', headers: (headers) => ({ ...headers, range: '0-8388607' }) },
      },
    )
    await roundTrip(proxy.host, someBytes(20 * mebibyte))
    expect(proxy.passed.filter(({ method }) => method === 'POST')).toHaveLength(1)
  },
  async 7() {
    const proxy = await behind(
      { when: isWhole, trouble: { kind: 'answer', status: 413 } },
      {
        when: (passing) => isClosing(passing) && passing.headers['content-length'] === '0',
        trouble: { kind: 'answer', status: 400 },
      },
    )
    await roundTrip(proxy.host, someBytes(10 * mebibyte))
    expect(proxy.passed.findLast(isClosing)?.bytesUp).toBe(2 * mebibyte)
  },
  async 8() {
    const proxy = await behind({
      when: isMount,
      // as a registry does that does not know the parameter
      trouble: {
        kind: 'edit',
        status: 202,
        headers: (headers) => ({ ...headers, location: '/v2/team/app/blobs/uploads/x' }),
      },
    })
    const from = aReference(proxy.host, 'base/os')
    expect(await aClient().pushBlob(aReference(proxy.host, 'team/app'), aBlob('x', from))).toBe('uploaded')
  },
  async 9() {
    const key = JSON.stringify({ type: 'service_account', private_key: '-----BEGIN\nab:cd\n"é"-----\n' }, null, 2)
    const { registry } = await aTokenRegistry({ logins: [basic(`_json_key:${key}`)] })
    await roundTrip(registry.host, someBytes(10), aClient({ [registry.host]: login(`_json_key:${key}`) }))
  },
  async 10() {
    const { registry, auth } = await aTokenRegistry({ refreshTokens: ['refresh'], logins: [], field: 'access_token' })
    const stored = { ...login('00000000-0000-0000-0000-000000000000:'), identitytoken: 'refresh' }
    await roundTrip(registry.host, someBytes(10), aClient({ [registry.host]: stored }))
    expect(auth.seen.every(({ method, authorization }) => method === 'POST' && authorization === undefined)).toBe(true)
  },
  async 11() {
    const proxy = await behind(isTooLarge(4 * mebibyte))
    await roundTrip(proxy.host, someBytes(9 * mebibyte))
    const client = aClient()
    await client.pushBlob(aReference(proxy.host, 'b'), aBlob(someBytes(5 * mebibyte)))
    expect(proxy.passed.filter((passing) => isClosing(passing) && passing.status === 201)).toHaveLength(2)
  },
  async 12() {
    const proxy = await behind(
      { when: ({ url }) => url.includes('/referrers/'), trouble: { kind: 'answer', status: 404 } },
      {
        when: ({ method }) => method === 'PUT',
        trouble: { kind: 'edit', headers: (headers) => ({ ...headers, 'oci-subject': undefined }) },
      },
    )
    const client = aClient()
    const { reference, subject } = await withReferrer(proxy.host, client)
    expect(await client.listReferrers(withDigest(reference, subject))).toHaveLength(1)
    expect(await client.listTags(reference)).toContain(subject.replace(':', '-'))
  },
  async 13() {
    const behindIt = inner()
    const server = await aServer((req, res) => {
      const isPicky = req.method !== 'PUT' && req.url?.includes('/manifests/') === true
      if (isPicky && req.headers.accept?.includes(mediaTypes.oci.index) !== true) res.writeHead(404).end()
      else behindIt(req, res)
    })
    const client = aClient()
    const reference = aReference(server.host, 'a:v1')
    const { digest } = await publishImages(client, { reference, images: [anImage('amd64'), anImage('arm64')] })
    expect((await client.getManifest(reference)).descriptor).toMatchObject({ digest, mediaType: mediaTypes.oci.index })
    expect(await client.resolve(reference)).toMatchObject({ digest })
  },
  async 14() {
    const proxy = await behind({
      when: isMount,
      trouble: { kind: 'answer', status: 202, headers: { location: '/v2/a/blobs/uploads/gone' } },
    })
    const client = aClient()
    const reference = aReference(proxy.host, 'team/app')
    const blob = aBlob('x', aReference(proxy.host, 'base/os'))
    expect(await client.pushBlob(reference, blob)).toBe('uploaded')
    expect((await bytesOf(client.getBlob(reference, blob.descriptor))).toString()).toBe('x')
  },
  async 15() {
    const rules = { registry: 'harbor.example.com', isInsecure: false }
    const answer = { url: 'https://harbor.example.com/v2/a/blobs/uploads/' }
    const place = resolveLocation('http://harbor.example.com/v2/a/blobs/uploads/1?_state=x', answer, rules)
    expect(place.href).toBe('https://harbor.example.com/v2/a/blobs/uploads/1?_state=x')
    return Promise.resolve()
  },
  async 16() {
    for (const status of [401, 403, 405]) {
      const proxy = await behind({
        when: ({ method, url }) => method === 'HEAD' && url.includes('/manifests/'),
        trouble: { kind: 'answer', status },
      })
      const image = anImage('amd64')
      const reference = aReference(proxy.host, 'a:v1')
      await publishImages(aClient(), { reference, images: [image] })
      expect(await aClient().resolve(reference)).toMatchObject({ digest: image.descriptor.digest })
    }
  },
  async 17() {
    const child = { ...anImage('amd64').descriptor, mediaType: mediaTypes.docker.manifest }
    expect(createIndex({ manifests: [child] }).descriptor.mediaType).toBe(mediaTypes.docker.index)
    return Promise.resolve()
  },
  async 18() {
    const proxy = await behind({
      when: (passing) => isMount(passing) && !passing.url.includes('from='),
      trouble: { kind: 'answer', status: 400 },
    })
    const client = aClient()
    const [from, to] = [aReference(proxy.host, 'base/os'), aReference(proxy.host, 'team/app')]
    await client.pushBlob(from, aBlob('before'))
    expect(proxy.passed.filter(isMount)).toHaveLength(0)
    expect(await client.pushBlob(to, aBlob('before'))).toBe('mounted')
    for (const text of ['1', '2', '3']) expect(await client.pushBlob(to, aBlob(text))).toBe('uploaded')
    expect(proxy.passed.filter((passing) => isMount(passing) && passing.status === 400)).toHaveLength(1)
  },
  async 19() {
    const server = await aServer(inner())
    await withReferrer(server.host, aClient())
    const puts = server.seen.filter(({ method, url }) => method === 'PUT' && url.includes('/manifests/'))
    expect(puts.map(({ status }) => status)).toEqual([201, 201, 201])
  },
  async 20() {
    const { registry, auth } = await aTokenRegistry({ refusedScopes: ['repository:private/os:pull'] })
    const blob = aBlob('x', aReference(registry.host, 'private/os'))
    expect(await aClient().pushBlob(aReference(registry.host, 'team/app'), blob)).toBe('uploaded')
    expect(auth.seen.some(({ status }) => status === 403)).toBe(true)
  },
  async 21() {
    const { registry, auth } = await aTokenRegistry({})
    expect(auth.host).not.toBe(registry.host)
    await roundTrip(registry.host, someBytes(10))
    expect(auth.seen.length).toBeGreaterThan(0)
  },
  async 22() {
    const rules = { registry: 'art.example.com', isInsecure: false }
    const answer = { url: 'https://art.example.com/v2/a/blobs/uploads/' }
    expect(resolveLocation('https://art.example.com:443/v2/a/1', answer, rules).origin).toBe('https://art.example.com')
    return Promise.resolve()
  },
  async 23() {
    const proxy = await behind({
      when: ({ url }) => url.includes('/referrers/'),
      trouble: { kind: 'answer', status: 200, headers: { 'content-type': 'application/json' }, body: '{}' },
    })
    const { digest } = aBlob('x').descriptor
    expect(await aClient().listReferrers(aReference(proxy.host, `a@${digest}`))).toEqual([])
    expect(proxy.passed.at(-1)?.url).toContain(`/manifests/${digest.replace(':', '-')}`)
  },
  async 24() {
    expect(apiHost('docker.io')).toBe('registry-1.docker.io')
    const env = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { 'https://index.docker.io/v1/': login('me:secret') } }) }
    const noProgram = async (): Promise<never> => Promise.reject(new Error('no program may be started'))
    const keychain = createKeychain({ env, runProcess: noProgram, emit: () => undefined })
    expect(await keychain.credentialsFor('docker.io', 'library/nginx')).toEqual([
      { kind: 'basic', username: 'me', password: 'secret' },
    ])
  },
  async 25() {
    const server = await aServer(inner())
    const request = { reference: aReference(server.host, 'a:v1'), images: [anImage('amd64'), anImage('arm64')] }
    await publishImages(aClient(), request)
    await publishImages(aClient(), request)
    expect(server.seen.filter(({ method, url }) => method === 'GET' && url.includes('/manifests/'))).toEqual([])
  },
  async 26() {
    const state = '_state=aGVsbG8%3D%2B%2F&other='
    const proxy = await behind({
      when: ({ method }) => method === 'POST',
      trouble: { kind: 'edit', headers: (headers) => ({ ...headers, location: `${headers.location}?${state}` }) },
    })
    await roundTrip(proxy.host, someBytes(10))
    expect(proxy.passed.find(isClosing)?.url).toContain(`?${state}&digest=`)
  },
  async 27() {
    const proxy = await behind(
      { when: isWhole, times: 1, trouble: { kind: 'cutRequest', afterBytes: 500 } },
      {
        when: ({ method, url }) => method === 'GET' && url.includes('/uploads/'),
        trouble: { kind: 'edit', headers: (headers) => ({ ...headers, range: '0-900' }) },
      },
    )
    await expect(roundTrip(proxy.host, someBytes(1000))).resolves.toBeUndefined()
  },
  async 28() {
    const image = anImage('amd64')
    for (const type of ['text/plain', 'application/octet-stream', undefined]) {
      const proxy = await behind({
        when: ({ method, url }) => method !== 'PUT' && url.includes('/manifests/'),
        trouble: {
          kind: 'edit',
          headers: (headers) => ({ ...headers, 'docker-content-digest': undefined, 'content-type': type }),
        },
      })
      const reference = aReference(proxy.host, 'a:v1')
      await publishImages(aClient(), { reference, images: [image] })
      const { mediaType, digest, size } = image.descriptor
      expect(await aClient().resolve(reference)).toEqual({ mediaType, digest, size })
    }
  },
  async 29() {
    const proxy = await behind(
      { when: isWhole, times: 1, trouble: { kind: 'cutRequest', afterBytes: mebibyte } },
      {
        when: ({ method, url }) => method === 'GET' && url.includes('/uploads/'),
        trouble: { kind: 'answer', status: 404 },
      },
    )
    await roundTrip(proxy.host, someBytes(10 * mebibyte))
    expect(proxy.passed.filter(({ method }) => method === 'POST')).toHaveLength(2)
    expect(proxy.passed.filter(({ method }) => method === 'PATCH')).toHaveLength(1)
  },
}

/** An image, and an artifact that refers to it. */
async function withReferrer(
  host: string,
  client: Registry,
): Promise<{ readonly reference: ReturnType<typeof aReference>; readonly subject: string }> {
  const image = anImage('amd64')
  const reference = aReference(host, 'team/app:v1')
  await publishImages(client, { reference, images: [image] })
  const empty = aBlob('{}')
  await client.pushBlob(reference, empty)
  const { mediaType, digest, size } = image.descriptor
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.oci.manifest,
      artifactType: 'application/vnd.example',
      config: { ...empty.descriptor, mediaType: mediaTypes.oci.empty },
      layers: [],
      subject: { mediaType, digest, size },
    }),
  )
  const descriptor = { mediaType: mediaTypes.oci.manifest, digest: digestOf(bytes), size: bytes.length }
  await client.putManifest(withDigest(reference, descriptor.digest), { bytes, descriptor })
  return { reference, subject: digest }
}

describe('docs/reference/registries.md', () => {
  const page = readFileSync(new URL('../../docs/reference/registries.md', import.meta.url), 'utf8')
  const habits = page.slice(page.indexOf('## Habits')).matchAll(/^(\d+)\. (.*)$/gm)
  const rows = [...habits].map(([, number, text]) => [Number(number), (text ?? '').replaceAll('**', '')] as const)

  test('numbers its habits without gaps, and each has a test', () => {
    expect(rows.map(([number]) => number)).toEqual(Object.keys(plays).map(Number))
    expect(rows.map(([number]) => number)).toEqual(rows.map((_, at) => at + 1))
  })

  test.each(rows)('%i. %s', async (number) => {
    expect.hasAssertions()
    await plays[number]?.()
  })
})
