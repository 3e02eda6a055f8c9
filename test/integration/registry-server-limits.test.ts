import { spawn, type ChildProcess } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { digestOf, mediaTypes, type Descriptor } from '../../src/image/index.ts'

const MiB = 1024 * 1024
const library = pathToFileURL(resolve(import.meta.dirname, '../../dist/registry-server/index.js')).href

/**
 * The compiled registry in a process of its own; a line on its input makes it say its greatest memory so far. Linux has
 * it in a file; `getrusage` would count the memory of the process that started it.
 */
const program = `
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createFileStore, createRegistryHandler } from '${library}'
const handler = createRegistryHandler({ store: createFileStore(process.argv[2]) })
const server = createServer({ requestTimeout: 0 }, handler).listen(0, '127.0.0.1', () => console.log(server.address().port))
const peak = () => /VmHWM:\\s+(\\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]
process.stdin.on('data', () => console.log(peak()))
process.stdin.on('end', () => process.exit())
`

interface Served {
  readonly child: ChildProcess
  readonly origin: string
  peakMemoryBytes(): Promise<number>
}

let folder = ''
const children: ChildProcess[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'registry-limits-'))
  await writeFile(join(folder, 'serve.mjs'), program)
})
afterEach(async () => {
  for (const child of children.splice(0)) await kill(child)
  await rm(folder, { recursive: true, force: true })
})

async function serve(store = 'store'): Promise<Served> {
  const child = spawn(process.execPath, [join(folder, 'serve.mjs'), join(folder, store)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const next = async (): Promise<number> => Number((await lines.next()).value)
  const origin = `http://127.0.0.1:${await next()}`
  return {
    child,
    origin,
    async peakMemoryBytes() {
      child.stdin.write('\n')
      return (await next()) * 1024
    },
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** So many MiB, none like another. */
function bigContent(sizeMiB: number): readonly (() => Buffer)[] {
  const piece = randomBytes(MiB)
  return Array.from({ length: sizeMiB }, (_, at) => () => {
    piece.writeUInt32LE(at)
    return Buffer.from(piece)
  })
}

async function start(origin: string, repository: string): Promise<string> {
  const answer = await fetch(`${origin}/v2/${repository}/blobs/uploads/`, { method: 'POST' })
  return origin + (answer.headers.get('location') ?? '')
}

/** Bytes that the registry has of an upload. */
async function received(location: string): Promise<number> {
  const range = (await fetch(location)).headers.get('range') ?? ''
  return range === '0-0' ? 0 : Number(range.slice(2)) + 1
}

async function pushBlob(origin: string, repository: string, bytes: Uint8Array): Promise<Descriptor> {
  const digest = digestOf(bytes)
  const answer = await fetch(`${origin}/v2/${repository}/blobs/uploads/?digest=${digest}`, {
    method: 'POST',
    body: bytes,
  })
  if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`)
  return { mediaType: mediaTypes.oci.layer, digest, size: bytes.length }
}

async function pushTag(origin: string, repository: string, tag: string): Promise<void> {
  const [config, layer] = [
    await pushBlob(origin, repository, randomBytes(100)),
    await pushBlob(origin, repository, randomBytes(20_000)),
  ]
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.oci.manifest, config, layers: [layer] }
  const answer = await fetch(`${origin}/v2/${repository}/manifests/${tag}`, {
    method: 'PUT',
    headers: { 'content-type': mediaTypes.oci.manifest },
    body: JSON.stringify(manifest),
  })
  if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`)
}

/** Pulls a tag with all it refers to. */
async function pull(origin: string, repository: string, tag: string): Promise<void> {
  const get = async (path: string): Promise<Buffer> => {
    const answer = await fetch(`${origin}/v2/${repository}/${path}`)
    expect([path, answer.status]).toEqual([path, 200])
    return Buffer.from(await answer.arrayBuffer())
  }
  const manifest = JSON.parse((await get(`manifests/${tag}`)).toString()) as {
    config: Descriptor
    layers: Descriptor[]
  }
  for (const { digest, size } of [manifest.config, ...manifest.layers]) {
    const bytes = await get(`blobs/${digest}`)
    expect([bytes.length, digestOf(bytes)]).toEqual([size, digest])
  }
}

test('a blob of 512 MiB goes in and out in less than 100 MiB of memory', async () => {
  const served = await serve()
  const hash = createHash('sha256')
  const location = await start(served.origin, 'big')
  const upload = request(location, { method: 'PATCH' })
  for (const makePiece of bigContent(512)) {
    const piece = makePiece()
    hash.update(piece)
    if (!upload.write(piece)) await once(upload, 'drain')
  }
  upload.end()
  const [answer] = (await once(upload, 'response')) as [{ statusCode: number; resume(): void }]
  answer.resume()
  const digest = `sha256:${hash.digest('hex')}`
  const put = await fetch(`${location}?digest=${digest}`, { method: 'PUT' })
  expect([answer.statusCode, put.status]).toEqual([202, 201])
  const pulled = await fetch(`${served.origin}/v2/big/blobs/${digest}`)
  const back = createHash('sha256')
  for await (const chunk of pulled.body ?? []) back.update(chunk as Uint8Array)
  expect(`sha256:${back.digest('hex')}`).toBe(digest)
  expect(await served.peakMemoryBytes()).toBeLessThan(100 * MiB)
})

test('a push that SIGKILL ended goes on in the next process', async () => {
  const before = await serve()
  const content = Buffer.concat(bigContent(32).map((makePiece) => makePiece()))
  const location = await start(before.origin, 'cut')
  const upload = request(location, { method: 'PATCH', headers: { 'content-length': content.length } })
  const cut = once(upload, 'error')
  upload.write(content.subarray(0, 20 * MiB))
  while ((await received(location)) < 10 * MiB) await Promise.resolve()
  await kill(before.child)
  await cut
  const after = await serve()
  const again = location.replace(before.origin, after.origin)
  const has = await received(again)
  expect(has).toBeGreaterThanOrEqual(10 * MiB)
  const headers = { 'content-range': `${has}-${content.length - 1}` }
  const rest = await fetch(again, { method: 'PATCH', headers, body: content.subarray(has) })
  const put = await fetch(`${again}?digest=${digestOf(content)}`, { method: 'PUT' })
  expect([rest.status, put.status]).toEqual([202, 201])
})

test('SIGKILL in the middle of pushes leaves no broken tag, and loses none that was confirmed', async () => {
  const confirmed: string[] = []
  for (const round of [1, 2, 3]) {
    const served = await serve()
    const pushers = Array.from({ length: 8 }, async (_, pusher) => {
      for (let at = 0; ; at += 1) {
        const tag = `r${round}-p${pusher}-${at}`
        await pushTag(served.origin, 'team/app', tag)
        confirmed.push(tag)
      }
    })
    const ended = Promise.allSettled(pushers)
    while (confirmed.length < round * 40) await new Promise(setImmediate)
    await kill(served.child)
    await ended
  }
  const { origin } = await serve()
  const { tags } = (await (await fetch(`${origin}/v2/team/app/tags/list`)).json()) as { tags: string[] }
  expect(tags).toEqual(expect.arrayContaining(confirmed))
  for (const tag of tags) await pull(origin, 'team/app', tag)
  const names = await readdir(join(folder, 'store', 'blobs', 'sha256'))
  for (const name of names) {
    expect(digestOf(await readFile(join(folder, 'store', 'blobs', 'sha256', name)))).toBe(`sha256:${name}`)
  }
  await pushTag(origin, 'team/app', 'after')
  await pull(origin, 'team/app', 'after')
})

describe('on a full disk', () => {
  const isRoot = process.getuid?.() === 0
  const system = async (command: string, ...args: readonly string[]): Promise<void> => {
    const [status] = (await once(spawn(command, args, { stdio: 'inherit' }), 'exit')) as [number]
    expect([command, status]).toEqual([command, 0])
  }

  test.skipIf(!isRoot)('a push fails with 507, and works when there is room again (needs root)', async () => {
    const small = join(folder, 'small')
    await mkdir(small)
    await system('mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', small)
    try {
      const served = await serve('small/store')
      await pushTag(served.origin, 'app', 'kept')
      const content = randomBytes(5 * MiB)
      const path = `${served.origin}/v2/app/blobs/uploads/?digest=${digestOf(content)}`
      const full = await fetch(path, { method: 'POST', body: content })
      expect([full.status, await full.json()]).toEqual([
        507,
        { errors: [{ code: 'UNKNOWN', message: 'the registry has no room left' }] },
      ])
      await pull(served.origin, 'app', 'kept')
      await pushTag(served.origin, 'app', 'next')
      await kill(served.child)
    } finally {
      await system('umount', small)
    }
  })
})
