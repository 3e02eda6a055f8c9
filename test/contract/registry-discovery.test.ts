import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import type { RequestListener } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import type { Event } from '../../src/events/index.ts'
import { digestOf, mediaTypes, type Descriptor } from '../../src/image/index.ts'
import { withDigest } from '../../src/reference/index.ts'
import type { RawManifest, Registry } from '../../src/registry/index.ts'
import { createMemoryStore, createRegistryHandler } from '../../src/registry-server/index.ts'
import { publishImages } from '../../src/transfer/index.ts'
import {
  aBlob,
  aReference,
  aRegistry,
  anImage,
  bytesOf,
  closeServer,
  startSpy,
  type Spy,
} from '../support/registry-fixtures.ts'
import { selfSigned } from '../support/self-signed.ts'

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  await Promise.all(closing.splice(0).map(async (close) => close()))
})

function inner(): RequestListener {
  const handle = createRegistryHandler({ store: createMemoryStore() })
  return (req, res) => void handle(req, res)
}

async function aServer(listener: RequestListener = inner()): Promise<Spy> {
  const spy = await startSpy(listener)
  closing.push(async () => spy.close())
  return spy
}

function aClient(...args: Parameters<typeof aRegistry>): Registry {
  const registry = aRegistry(...args)
  closing.push(async () => registry.close())
  return registry
}

async function aFolder(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'catamaran-registry-'))
  closing.push(async () => rm(folder, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return folder
}

describe('tags', () => {
  test.each([
    ['relative', (page: string) => `<${page}>; rel="next"`],
    [
      'absolute, among others, unquoted',
      (page: string, url: string) => `</first>; rel="first", <${url}${page}>; rel=next; x="y"`,
    ],
  ])('pages are followed: Link %s', async (_, link) => {
    const pages: Record<string, string[] | null> = { '': ['a', 'b'], b: ['c'], c: null }
    const server: Spy = await aServer((req, res) => {
      const last = new URL(req.url ?? '', 'http://x').searchParams.get('last') ?? ''
      const next = Object.keys(pages)[Object.keys(pages).indexOf(last) + 1]
      const header = next === undefined ? {} : { link: link(`/v2/team/app/tags/list?n=2&last=${next}`, server.url) }
      res.writeHead(200, header).end(JSON.stringify({ name: 'team/app', tags: pages[last] }))
    })
    expect(await aClient().listTags(aReference(server.host, 'team/app'))).toEqual(['a', 'b', 'c'])
    expect(server.seen).toHaveLength(3)
  })

  test('a page that leads to itself ends in an error', async () => {
    const server = await aServer((req, res) => {
      res.writeHead(200, { link: `<${req.url}>; rel="next"` }).end('{"tags":["a"]}')
    })
    await expect(aClient().listTags(aReference(server.host, 'a'))).rejects.toMatchObject({
      code: 'REGISTRY_ANSWER_INVALID',
    })
  })

  test('an answer that is no list of tags is an error', async () => {
    const server = await aServer((_, res) => res.end('<html>welcome</html>'))
    await expect(aClient().listTags(aReference(server.host, 'a'))).rejects.toMatchObject({
      code: 'REGISTRY_ANSWER_INVALID',
    })
  })
})

describe('parts of blobs', () => {
  test('come as asked for, both ends included', async () => {
    const server = await aServer()
    const client = aClient()
    const reference = aReference(server.host, 'a')
    const blob = aBlob('0123456789')
    await client.pushBlob(reference, blob)
    const part = async (start: number, end: number): Promise<string> =>
      (await bytesOf(client.getBlobRange(reference, blob.descriptor, { start, end }))).toString()
    expect(await part(2, 4)).toBe('234')
    expect(await part(8, 20)).toBe('89')
  })

  test('a registry that gives no parts is an error, not the whole blob', async () => {
    const server = await aServer((_, res) => res.end('0123456789'))
    const part = aClient().getBlobRange(aReference(server.host, 'a'), aBlob('0123456789').descriptor, {
      start: 2,
      end: 4,
    })
    await expect(bytesOf(part)).rejects.toMatchObject({ code: 'REGISTRY_FAILED' })
  })

  test('content that its descriptor carries is not asked for', async () => {
    const server = await aServer()
    const { descriptor } = aBlob('{}')
    const data = Buffer.from('{}').toString('base64')
    expect((await bytesOf(aClient().getBlob(aReference(server.host, 'a'), { ...descriptor, data }))).toString()).toBe(
      '{}',
    )
    await expect(
      bytesOf(
        aClient().getBlob(aReference(server.host, 'a'), { ...descriptor, data: Buffer.from('[]').toString('base64') }),
      ),
    ).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    expect(server.seen).toEqual([])
  })
})

describe('referrers', () => {
  /** A signature as cosign makes it. */
  function aSignature(subject: Descriptor, artifactType: string, extra: object = {}): RawManifest {
    const { mediaType, digest, size } = subject
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.oci.manifest,
        artifactType,
        config: { ...aBlob('{}').descriptor, mediaType: mediaTypes.oci.empty },
        layers: [],
        subject: { mediaType, digest, size },
        annotations: { who: artifactType },
        ...extra,
      }),
    )
    return { bytes, descriptor: { mediaType: mediaTypes.oci.manifest, digest: digestOf(bytes), size: bytes.length } }
  }

  async function signed(
    server: Spy,
    client: Registry,
  ): Promise<{ subject: Descriptor; signatures: readonly RawManifest[] }> {
    const image = anImage('amd64')
    const reference = aReference(server.host, 'team/app:v1')
    await publishImages(client, { reference, images: [image] })
    await client.pushBlob(reference, aBlob('{}'))
    const signatures = ['application/vnd.a', 'application/vnd.b'].map((type) => aSignature(image.descriptor, type))
    for (const signature of signatures) {
      await client.putManifest(withDigest(reference, signature.descriptor.digest), signature)
    }
    return { subject: image.descriptor, signatures }
  }

  /** A registry of before the API: no OCI-Subject, and something of its own at the API's place. */
  function old(answer: RequestListener): RequestListener {
    const handle = inner()
    return (req, res) => {
      if (req.url?.includes('/referrers/') === true) return answer(req, res)
      const writeHead = res.writeHead.bind(res)
      res.writeHead = (status: number, headers?: unknown) => {
        const kept = Object.entries((headers ?? {}) as Record<string, string>).filter(
          ([name]) => name !== 'oci-subject',
        )
        return writeHead(status, Object.fromEntries(kept))
      }
      return handle(req, res)
    }
  }

  test('by the API, all or of one type', async () => {
    const server = await aServer()
    const client = aClient()
    const { subject, signatures } = await signed(server, client)
    const reference = aReference(server.host, `team/app@${subject.digest}`)
    const digests = signatures.map(({ descriptor }) => descriptor.digest)
    expect((await client.listReferrers(reference)).map(({ digest }) => digest).sort()).toEqual([...digests].sort())
    expect(await client.listReferrers(reference, { artifactType: 'application/vnd.b' })).toMatchObject([
      { digest: digests[1], artifactType: 'application/vnd.b', annotations: { who: 'application/vnd.b' } },
    ])
    expect(await client.listTags(reference)).toEqual(['v1'])
  })

  test.each<[string, RequestListener]>([
    ['404', (_, res) => res.writeHead(404).end()],
    ['405', (_, res) => res.writeHead(405).end()],
    ['200 with a page', (_, res) => res.writeHead(200, { 'content-type': 'text/html' }).end('<html></html>')],
    ['200 with no index', (_, res) => res.writeHead(200, { 'content-type': mediaTypes.oci.index }).end('{"ok":true}')],
    ['200 with no JSON', (_, res) => res.writeHead(200, { 'content-type': mediaTypes.oci.index }).end('ok')],
  ])('without the API (%s) they are kept under a tag', async (_, answer) => {
    const server = await aServer(old(answer))
    const client = aClient()
    const { subject, signatures } = await signed(server, client)
    const reference = aReference(server.host, `team/app@${subject.digest}`)
    const digests = signatures.map(({ descriptor }) => descriptor.digest)
    expect((await client.listReferrers(reference)).map(({ digest }) => digest)).toEqual(digests)
    expect(await client.listReferrers(reference, { artifactType: 'application/vnd.a' })).toMatchObject([
      { digest: digests[0], annotations: { who: 'application/vnd.a' } },
    ])
    expect(await client.listTags(reference)).toEqual([subject.digest.replace(':', '-'), 'v1'])
  })

  test('under the tag nothing is there twice, and entries of others stay as they are', async () => {
    const server = await aServer(old((_, res) => res.writeHead(404).end()))
    const client = aClient()
    const { subject, signatures } = await signed(server, client)
    const reference = aReference(server.host, `team/app@${subject.digest}`)
    const tagged = aReference(server.host, `team/app:${subject.digest.replace(':', '-')}`)
    const before = await client.getManifest(tagged)
    const document = JSON.parse(Buffer.from(before.bytes).toString()) as { manifests: object[] }
    const strange = Buffer.from(
      JSON.stringify({ ...document, manifests: document.manifests.map((entry) => ({ ...entry, mine: 1 })) }),
    )
    await client.putManifest(tagged, {
      bytes: strange,
      descriptor: { mediaType: mediaTypes.oci.index, digest: digestOf(strange), size: strange.length },
    })
    await client.putManifest(withDigest(reference, signatures[0]!.descriptor.digest), signatures[0]!)
    expect((await client.getManifest(tagged)).bytes).toEqual(strange)
    const third = aSignature(subject, 'application/vnd.c')
    await client.putManifest(withDigest(reference, third.descriptor.digest), third)
    const after = JSON.parse(Buffer.from((await client.getManifest(tagged)).bytes).toString()) as {
      manifests: object[]
    }
    expect(after.manifests).toMatchObject([{ mine: 1 }, { mine: 1 }, { digest: third.descriptor.digest }])
  })

  test('nobody refers to it: an empty list', async () => {
    const server = await aServer(old((_, res) => res.writeHead(404).end()))
    const { digest } = aBlob('x').descriptor
    expect(await aClient().listReferrers(aReference(server.host, `a@${digest}`))).toEqual([])
  })
})

describe('mirrors', () => {
  async function published(server: Spy, path: string): Promise<ReturnType<typeof anImage>> {
    const image = anImage('amd64')
    await publishImages(aClient(), { reference: aReference(server.host, path), images: [image] })
    server.lines()
    return image
  }

  const mirroredBy = (origin: Spy, mirror: string, extra = ''): Record<string, string> => ({
    'containers/registries.conf': `[[registry]]\nlocation = "${origin.host}"\n[[registry.mirror]]\nlocation = "${mirror}"\n${extra}`,
  })

  test('registries.conf: pulls come from the mirror, with its own credentials; pushes and questions go to the registry', async () => {
    const [origin, mirror] = [await aServer(), await aServer()]
    const image = await published(mirror, 'hub/team/app:v1')
    await published(origin, 'team/app:v1')
    const auths = {
      [origin.host]: { registrytoken: 'for-the-registry' },
      [mirror.host]: { registrytoken: 'for-the-mirror' },
    }
    const systemFolder = await aFolder(mirroredBy(origin, `${mirror.host}/hub`))
    const client = aClient({ systemFolder, env: { DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) } })
    const reference = aReference(origin.host, 'team/app:v1')
    expect((await client.getManifest(reference)).descriptor.digest).toBe(image.descriptor.digest)
    await bytesOf(client.getBlob(reference, image.layers[0]!.descriptor))
    expect(await client.resolve(reference)).toMatchObject({ digest: image.descriptor.digest })
    await client.pushBlob(reference, aBlob('new'))
    expect(mirror.seen.map(({ url, authorization }) => [url.replace(/sha256.*/, ''), authorization])).toEqual([
      ['/v2/hub/team/app/manifests/v1', 'Bearer for-the-mirror'],
      ['/v2/hub/team/app/blobs/', 'Bearer for-the-mirror'],
    ])
    expect(origin.seen.map(({ method, authorization }) => [method, authorization])).toEqual([
      ['HEAD', 'Bearer for-the-registry'],
      ['HEAD', 'Bearer for-the-registry'],
      ['POST', 'Bearer for-the-registry'],
      ['PUT', 'Bearer for-the-registry'],
    ])
  })

  test('a mirror that has not got it, or fails, is passed over; failing is told once', async () => {
    const origin = await aServer()
    const image = await published(origin, 'team/app:v1')
    const [empty, broken] = [await aServer(), await aServer((_, res) => res.writeHead(418).end())]
    const more = `[[registry.mirror]]\nlocation = "${broken.host}"\n`
    const systemFolder = await aFolder(mirroredBy(origin, empty.host, more))
    const events: Event[] = []
    const client = aClient({ systemFolder, emit: (event) => events.push(event) })
    const reference = aReference(origin.host, 'team/app:v1')
    await client.getManifest(reference)
    await bytesOf(client.getBlob(reference, image.manifest.config))
    expect([empty.seen.length, broken.seen.length, origin.seen.length]).toEqual([2, 2, 2])
    expect(events).toMatchObject([{ type: 'warning', text: expect.stringContaining(broken.host) }])
  })

  test("containerd's hosts.toml: the mirror's path and the registry's name are sent", async () => {
    const [origin, mirror] = [await aServer(), await aServer()]
    await published(mirror, 'hub/team/app:v1')
    const systemFolder = await aFolder({
      [`containerd/certs.d/${origin.host.replace(':', '_')}_/hosts.toml`]: `[host."${mirror.url}/v2/hub"]\noverride_path = true`,
    })
    await aClient({ systemFolder }).getManifest(aReference(origin.host, 'team/app:v1'))
    expect(mirror.seen.map(({ url }) => decodeURIComponent(url))).toEqual([
      `/v2/hub/team/app/manifests/v1?ns=${origin.host}`,
    ])
    expect(origin.seen).toEqual([])
  })

  test("containerd's hosts.toml: headers go to the host that they are for, and to no other", async () => {
    const [origin, mirror, elsewhere] = [await aServer(), await aServer(), await aServer()]
    const image = await published(origin, 'team/app:v1')
    const seen: unknown[] = []
    const redirecting = await startSpy((req, res) => {
      seen.push([req.headers['x-team'], req.headers.authorization])
      res.writeHead(307, { location: `${elsewhere.url}${req.url}` }).end()
    })
    closing.push(async () => redirecting.close())
    const systemFolder = await aFolder({
      [`containerd/certs.d/${origin.host}/hosts.toml`]: [
        '[header]',
        'x-own = "1"',
        `[host."${mirror.url}"]`,
        `[host."${redirecting.url}"]`,
        `[host."${redirecting.url}".header]`,
        'X-Team = ["a", "b"]',
        'Authorization = "Basic Zm9v"',
      ].join('\n'),
    })
    const client = aClient({ systemFolder })
    await bytesOf(client.getBlob(aReference(origin.host, 'team/app'), image.manifest.config))
    expect(seen).toEqual([['a, b', 'Basic Zm9v']])
    expect(mirror.seen.map(({ authorization }) => authorization)).toEqual([undefined])
    expect(elsewhere.seen.map(({ authorization }) => authorization)).toEqual([undefined])
  })

  test('a blocked registry is not asked', async () => {
    const server = await aServer()
    const systemFolder = await aFolder({
      'containers/registries.conf': `[[registry]]\nlocation = "${server.host}"\nblocked = true`,
    })
    await expect(aClient({ systemFolder }).getManifest(aReference(server.host, 'a:v1'))).rejects.toMatchObject({
      code: 'REGISTRY_DENIED',
    })
    expect(server.seen).toEqual([])
  })

  test("the user's own registries.conf takes the place of the system's, drop-ins come on top", async () => {
    const server = await aServer()
    const blocked = (location: string): string => `[[registry]]\nlocation = "${location}"\nblocked = true`
    const systemFolder = await aFolder({ 'containers/registries.conf': blocked(server.host) })
    const home = await aFolder({
      '.config/containers/registries.conf': '',
      '.config/containers/registries.conf.d/1.conf': blocked(`${server.host}/b`),
    })
    const client = aClient({ systemFolder, env: { HOME: home } })
    await expect(client.getManifest(aReference(server.host, 'a:v1'))).rejects.toMatchObject({
      code: 'MANIFEST_UNKNOWN',
    })
    await expect(client.getManifest(aReference(server.host, 'b:v1'))).rejects.toMatchObject({ code: 'REGISTRY_DENIED' })
  })
})

describe('certificates of a host', () => {
  async function aTlsServer(): Promise<string> {
    const server = createTlsServer(selfSigned, inner())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(async () => closeServer(server))
    return `127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  test.each(['docker', 'containers'])("%s' certs.d in the system's and the user's folder", async (program) => {
    const host = await aTlsServer()
    const reference = aReference(host, 'a:v1')
    await expect(aClient().resolve(reference)).rejects.toMatchObject({ code: 'REGISTRY_CERTIFICATE' })
    const systemFolder = await aFolder({ [`${program}/certs.d/${host}/ca.crt`]: selfSigned.cert })
    expect(await aClient({ systemFolder }).resolve(reference)).toBeUndefined()
    const home = await aFolder({ [`.config/${program}/certs.d/${host}/ca.crt`]: selfSigned.cert })
    expect(await aClient({ env: { HOME: home } }).resolve(reference)).toBeUndefined()
  })

  test("containerd's hosts.toml names authorities and a client certificate, for a mirror and for the registry itself", async () => {
    const shown: boolean[] = []
    const handle = inner()
    const server = createTlsServer({ ...selfSigned, requestCert: true, rejectUnauthorized: false }, (req, res) => {
      shown.push('raw' in (req.socket as TLSSocket).getPeerCertificate())
      handle(req, res)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(async () => closeServer(server))
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const files = { 'both.pem': `${selfSigned.cert}\n${selfSigned.key}`, 'ca.crt': selfSigned.cert }
    const inFolder = (name: string): Record<string, string> =>
      Object.fromEntries(Object.entries(files).map(([file, text]) => [`containerd/certs.d/${name}/${file}`, text]))
    const systemFolder = await aFolder({
      ...inFolder(host),
      ...inFolder('127.0.0.1:1'),
      [`containerd/certs.d/${host}/hosts.toml`]: 'ca = "ca.crt"\nclient = "both.pem"',
      'containerd/certs.d/127.0.0.1:1/hosts.toml': `[host."https://${host}"]\nca = "ca.crt"\nclient = [["both.pem", ""]]`,
    })
    const client = aClient({ systemFolder })
    expect(await client.resolve(aReference(host, 'a:v1'))).toBeUndefined()
    expect(shown.splice(0)).toContain(true)
    // what the mirror has not got is asked of the registry, which is not there
    const pulled = client.getManifest(aReference('127.0.0.1:1', 'a:v1'))
    await expect(pulled).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' })
    expect(shown).toEqual([true])
  })

  test('a client certificate is shown to its host', async () => {
    const server = createTlsServer({ ...selfSigned, requestCert: true, rejectUnauthorized: false }, (req, res) => {
      const shown = (req.socket as unknown as { getPeerCertificate(): { raw?: Buffer } }).getPeerCertificate().raw
      res.writeHead(shown === undefined ? 403 : 404).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(async () => closeServer(server))
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const certs = `docker/certs.d/${host}`
    const systemFolder = await aFolder({
      [`${certs}/ca.crt`]: selfSigned.cert,
      [`${certs}/client.cert`]: selfSigned.cert,
      [`${certs}/client.key`]: selfSigned.key,
    })
    expect(await aClient({ systemFolder }).resolve(aReference(host, 'a:v1'))).toBeUndefined()
  })
})

describe('proxies and interruptions', () => {
  test('a proxy of the environment is used, but not for this machine', async () => {
    const proxy = await aServer((_, res) => res.writeHead(404).end())
    const local = await aServer()
    const client = aClient({ plainHttp: true, env: { HTTP_PROXY: proxy.url } })
    expect(await client.resolve(aReference('reg.example.com', 'team/app:v1'))).toBeUndefined()
    expect(await client.resolve(aReference(local.host, 'team/app:v1'))).toBeUndefined()
    expect(proxy.lines()).toEqual(['HEAD http://reg.example.com/v2/team/app/manifests/v1 → 404'])
    expect(local.seen).toHaveLength(1)
  })

  test('NO_PROXY names hosts that are reached directly', async () => {
    const proxy = await aServer((_, res) => res.writeHead(404).end())
    const client = aClient({ plainHttp: true, env: { HTTP_PROXY: proxy.url, NO_PROXY: 'invalid' } })
    await expect(client.resolve(aReference('reg.invalid', 'a:v1'))).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
    })
    expect(proxy.seen).toEqual([])
  })

  test('an aborted push ends with the reason, in the middle of a body', async () => {
    const server = await aServer()
    const stop = new AbortController()
    const reason = new Error('enough')
    const blob = aBlob('x'.repeat(1000))
    const endless = {
      ...blob,
      async *open(): AsyncGenerator<Uint8Array, void, void> {
        yield Buffer.alloc(10)
        stop.abort(reason)
        await new Promise(() => undefined)
      },
    }
    await expect(aClient().pushBlob(aReference(server.host, 'a'), endless, stop.signal)).rejects.toBe(reason)
  })

  test('an aborted pull ends with the reason', async () => {
    const server = await aServer((_, res) => void res.writeHead(200, { 'content-length': '100000' }).write('x'))
    const stop = new AbortController()
    const reason = new Error('enough')
    const reading = aClient().getBlob(aReference(server.host, 'a'), aBlob('x'.repeat(1000)).descriptor, stop.signal)
    const iterator = reading[Symbol.asyncIterator]()
    expect((await iterator.next()).value).toHaveLength(1)
    stop.abort(reason)
    await expect(iterator.next()).rejects.toBe(reason)
  })
})
