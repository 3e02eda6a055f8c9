import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import type { Registry } from '../../src/registry/index.ts'
import { createCertificate } from '../../src/sandbox/api/certificate.ts'
import { aReference, aRegistry } from '../support/registry-fixtures.ts'
import { selfSigned } from '../support/self-signed.ts'

/** Several client certificates for one host: which one it takes is found out by showing them. */

const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  await Promise.all(closing.splice(0).map(async (close) => close()))
})

const pairs = { first: createCertificate(), second: createCertificate() }
type Name = keyof typeof pairs
const names = Object.keys(pairs) as readonly Name[]

interface Picky {
  readonly host: string
  /** Whose certificate was shown, request by request. */
  readonly shown: (Name | undefined)[]
  /** Whose connections are cut. */
  cut: Name | undefined
}

/** A registry without any content that answers only to one client, as nginx does it. */
async function aPickyServer(takes: Name | undefined): Promise<Picky> {
  const server: Server = createServer({ ...selfSigned, requestCert: true, rejectUnauthorized: false }, (req, res) => {
    const raw = (req.socket as TLSSocket).getPeerX509Certificate()?.toString()
    const who = names.find((name) => pairs[name].certificate.trim() === raw?.trim())
    picky.shown.push(who)
    if (who !== undefined && who === picky.cut) req.socket.destroy()
    else res.writeHead(who === takes ? 404 : 400).end('The SSL certificate error')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const picky: Picky = { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, shown: [], cut: undefined }
  return picky
}

/** What `/etc` has for a host. */
async function aClient(files: Readonly<Record<string, string>>): Promise<Registry> {
  const systemFolder = await mkdtemp(join(tmpdir(), 'certificates-'))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(systemFolder, name)), { recursive: true })
    await writeFile(join(systemFolder, name), text)
  }
  const client = aRegistry({ systemFolder })
  closing.push(async () => {
    await client.close()
    await rm(systemFolder, { recursive: true })
  })
  return client
}

const inHostsToml = (host: string, toml: string): Readonly<Record<string, string>> => ({
  [`containerd/certs.d/${host}/hosts.toml`]: toml,
  ...Object.fromEntries(
    names.flatMap((name) => [
      [`containerd/certs.d/${host}/${name}.pem`, pairs[name].certificate],
      [`containerd/certs.d/${host}/${name}.key`, pairs[name].key],
    ]),
  ),
  [`containerd/certs.d/${host}/ca.crt`]: selfSigned.cert,
})
const both = 'ca = "ca.crt"\nclient = [["first.pem", "first.key"], ["second.pem", "second.key"]]'

test.each(names)('of two in hosts.toml the %s is taken, and then no other is shown', async (takes) => {
  const server = await aPickyServer(takes)
  const client = await aClient(inHostsToml(server.host, both))
  expect(await client.resolve(aReference(server.host, 'a:v1'))).toBeUndefined()
  expect(await client.resolve(aReference(server.host, 'b:v1'))).toBeUndefined()
  expect(server.shown.slice(names.indexOf(takes)).every((name) => name === takes)).toBe(true)
  expect(server.shown.filter((name) => name !== takes)).toEqual(names.slice(0, names.indexOf(takes)))
})

test('for a mirror', async () => {
  const server = await aPickyServer('second')
  const toml = `[host."https://${server.host}"]\n${both}`
  const client = await aClient(inHostsToml('127.0.0.1:1', toml))
  // what the mirror has not got is asked of the registry, which is not there
  await expect(client.getManifest(aReference('127.0.0.1:1', 'a:v1'))).rejects.toMatchObject({
    code: 'REGISTRY_UNREACHABLE',
  })
  expect(server.shown).toEqual(['first', 'second', 'second'])
})

test("of two pairs in docker's certs.d", async () => {
  const server = await aPickyServer('second')
  const folder = `docker/certs.d/${server.host}`
  const client = await aClient({
    [`${folder}/ca.crt`]: selfSigned.cert,
    ...Object.fromEntries(
      names.flatMap((name) => [
        [`${folder}/${name}.cert`, pairs[name].certificate],
        [`${folder}/${name}.key`, pairs[name].key],
      ]),
    ),
  })
  expect(await client.resolve(aReference(server.host, 'a:v1'))).toBeUndefined()
  expect(server.shown.at(-1)).toBe('second')
})

test('a host that takes none is an error', async () => {
  const server = await aPickyServer(undefined)
  const client = await aClient(inHostsToml(server.host, both))
  await expect(client.resolve(aReference(server.host, 'a:v1'))).rejects.toMatchObject({ code: 'REGISTRY_CERTIFICATE' })
})

test.each(names)('a break while the %s is shown is an error, and the next request looks again', async (cut) => {
  const server = await aPickyServer(cut)
  server.cut = cut
  const client = await aClient(inHostsToml(server.host, both))
  await expect(client.resolve(aReference(server.host, 'a:v1'))).rejects.toMatchObject({ code: 'REGISTRY_FAILED' })
  server.cut = undefined
  expect(await client.resolve(aReference(server.host, 'a:v1'))).toBeUndefined()
  expect(server.shown.at(-1)).toBe(cut)
})
