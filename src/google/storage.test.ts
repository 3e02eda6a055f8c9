import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startGoogleServer, type GoogleServer } from '../../test/support/google-server.ts'
import { connectGoogle } from './client.ts'
import type { Google } from './contract.ts'
import { googleEndpoints } from './endpoints.ts'
import { openStorage, type Storage } from './storage.ts'

let server: GoogleServer
let google: Google
let storage: Storage
let folder: string

beforeEach(async () => {
  server = await startGoogleServer()
  folder = await mkdtemp(join(tmpdir(), 'storage-'))
  const token = await fetch(`${server.url}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'id',
      client_secret: 'secret',
      refresh_token: 'refresh-1',
    }),
  })
  const { access_token } = (await token.json()) as { access_token: string }
  google = connectGoogle({
    env: { ...server.env, CLOUDSDK_AUTH_ACCESS_TOKEN: access_token },
    runProcess: async () => Promise.reject(new Error('nothing is run')),
    cwd: folder,
    http: { retry: { sleep: async () => Promise.resolve() } },
  })
  storage = openStorage(google)
  server.storage.buckets.set('b', { project: 'proj', objects: new Map() })
})
afterEach(async () => {
  await Promise.all([google.close(), server.close()])
  await rm(folder, { recursive: true })
})

const content = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 251))

async function* inParts(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 7001) yield content.subarray(at, at + 7001)
}

const upload = async (object = 'dir/a b+c'): Promise<void> =>
  storage.upload({ bucket: 'b', object, contentType: 'application/gzip', sizeBytes: content.length, open: inParts })

async function download(object: string): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of storage.download('b', object)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe('an upload', () => {
  test('arrives, whatever the object is called', async () => {
    await upload('dir/ä b+c?')
    expect((await download('dir/ä b+c?')).equals(content)).toBe(true)
  })

  test.each([
    ['is cut at once', (): void => server.storage.cutUploadAfter(0)],
    ['is cut in the middle', (): void => server.storage.cutUploadAfter(123_456)],
    ['meets a server in a hurry', (): void => server.fail(/PUT .*upload_id/, { status: 503 }, 2)],
  ])('that %s goes on where it was', async (_, disturb) => {
    disturb()
    await upload()
    expect(server.storage.uploaded.get('b/dir/a b+c')?.equals(content)).toBe(true)
  })

  test('that is cut again and again is told', async () => {
    server.fail(/PUT .*upload_id/, { cut: true }, 99)
    await expect(upload()).rejects.toMatchObject({ code: 'HTTP_INTERRUPTED' })
  })

  test('of nothing, and to a bucket that is not there', async () => {
    const nothing = {
      object: 'o',
      contentType: 'text/plain',
      sizeBytes: 0,
      open: async function* (): AsyncGenerator<Uint8Array> {},
    }
    await storage.upload({ bucket: 'b', ...nothing })
    expect(server.storage.uploaded.get('b/o')).toHaveLength(0)
    await expect(storage.upload({ bucket: 'none', ...nothing })).rejects.toMatchObject({ code: 'GOOGLE_NOT_FOUND' })
  })
})

describe('reading', () => {
  test('what a log has had since the last time', async () => {
    const read = async (offset: number): Promise<string> =>
      Buffer.from(await storage.readFrom('b', 'log', { offset })).toString()
    expect(await read(0)).toBe('')
    server.storage.buckets.get('b')?.objects.set('log', Buffer.from('one two'))
    expect(await read(0)).toBe('one two')
    expect(await read(4)).toBe('two')
    expect(await read(7)).toBe('')
  })

  test('bytes that are not what their sum says', async () => {
    server.fail(/alt=media/, { bytes: Buffer.from('x'), headers: { 'x-goog-hash': 'crc32c=AAAAAA==,md5=AAAA' } })
    await expect(download('o')).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })

  test('all pages of a list', async () => {
    const objects = server.storage.buckets.get('b')?.objects
    for (const name of ['x/1', 'x/2', 'x/3', 'x/4', 'x/5', 'y']) objects?.set(name, Buffer.from('12'))
    expect(await storage.list('b', 'x/')).toEqual(
      ['x/1', 'x/2', 'x/3', 'x/4', 'x/5'].map((name) => ({ name, sizeBytes: 2 })),
    )
  })
})

test('buckets are made once, and known by their project', async () => {
  expect(await storage.hasBucket('new')).toBe(false)
  await storage.createBucket('new', 'proj')
  await storage.createBucket('new', 'proj')
  expect(await storage.hasBucket('new')).toBe(true)
  expect(await storage.ownsBucket('new', 'proj')).toBe(true)
  expect(await storage.ownsBucket('new', 'other')).toBe(false)
  await storage.remove('new', 'gone already')
})

test.each([
  [{}, 'https://storage.googleapis.com', 'https://us-east1-run.googleapis.com'],
  [
    { STORAGE_EMULATOR_HOST: 'localhost:4443', CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN: 'http://localhost:1/' },
    'http://localhost:4443',
    'http://localhost:1',
  ],
  [
    { CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: 'https://x/storage/v1/' },
    'https://x',
    'https://us-east1-run.googleapis.com',
  ],
])('with %j the APIs are at %s and %s', (env, buckets, run) => {
  const endpoints = googleEndpoints(env)
  expect([endpoints.storage, endpoints.run('us-east1')]).toEqual([buckets, run])
})
