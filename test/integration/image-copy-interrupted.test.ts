import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCli, type CliResult, type RunningCli } from '../support/cli.ts'
import { createImageBench, type ImageBench, type NotedRegistry } from '../support/image-bench.ts'
import { pushIndex, type PushedIndex } from '../support/platform-images.ts'
import { closeServer } from '../support/registry-fixtures.ts'

/** A copy that ends in the middle, however it ends: the next one brings what is missing, and nothing else. */

const letThrough = 10
let bench: ImageBench
let near: NotedRegistry
let far: NotedRegistry
let pushed: PushedIndex

beforeAll(async () => {
  bench = await createImageBench()
  near = await bench.serve()
  far = await bench.serve()
  pushed = await pushIndex(near, { repository: 'app', tag: '1', ownLayers: 4, layerBytes: 200_000 })
})

afterAll(async () => {
  await bench.close()
})

interface Gate {
  readonly host: string
  /** Settles when the gate is shut and somebody waits at it. */
  readonly shut: Promise<void>
  close(): Promise<void>
}

/** Stands in front of a registry, lets so many blobs be read, and leaves those who want more without an answer. */
async function startGate(target: string): Promise<Gate> {
  let blobs = 0
  let isShut = (): void => {}
  const shut = new Promise<void>((resolve) => {
    isShut = resolve
  })
  const server = createServer((req, res) => {
    const isBlob = req.method === 'GET' && (req.url ?? '').includes('/blobs/')
    if (isBlob) blobs += 1
    if (isBlob && blobs > letThrough) isShut()
    else forward(target, req, res)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { host, shut, close: async () => closeServer(server) }
}

function forward(target: string, req: IncomingMessage, res: ServerResponse): void {
  const onward = request(`http://${target}${req.url ?? ''}`, { method: req.method ?? 'GET', headers: req.headers })
  onward.on('response', (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(res)
  })
  req.pipe(onward)
}

interface Arrivals {
  /** Sizes, in the order of their arrival. */
  readonly sizes: number[]
  /** Settles with the blob that makes it so many. */
  readonly enough: Promise<void>
}

/** The blobs that a repository gets. */
function watchBlobs(repository: string): Arrivals {
  const sizes: number[] = []
  const enough = new Promise<void>((resolve) => {
    far.server.on('request', (req, res) => {
      if (req.method !== 'PUT' || !(req.url ?? '').startsWith(`/v2/${repository}/blobs/`)) return
      res.on('finish', () => {
        if (res.statusCode === 201) sizes.push(Number(req.headers['content-length']))
        if (sizes.length === letThrough) resolve()
      })
    })
  })
  return { sizes, enough }
}

function copy(from: string, repository: string): RunningCli {
  const env = { PATH: process.env['PATH'] ?? '', HOME: bench.folder }
  const args = ['copy', '--no-referrers', '--format=json', `${from}/app:1`, `${far.host}/${repository}:1`]
  return startCli(args, { cwd: bench.folder, env })
}

test.each([
  ['SIGINT', 130],
  ['SIGKILL', null],
] as const)('%s, then again', async (signal, code) => {
  const repository = `copy-${signal.toLowerCase()}`
  const blobs = watchBlobs(repository)
  const gate = await startGate(near.host)
  const broken = copy(gate.host, repository)
  await gate.shut
  await blobs.enough
  broken.signal(signal)
  const ended: CliResult = await broken.ended
  expect(ended.code, ended.output).toBe(code)
  expect(ended.stdout).toBe('')
  await gate.close()
  expect((await far.call('HEAD', `/v2/${repository}/manifests/1`)).status).toBe(404)
  const before = blobs.sizes.splice(0)
  near.take()

  const again = await copy(near.host, repository).ended
  expect(again.code, again.output).toBe(0)
  const result = JSON.parse(again.stdout) as { blobs: Record<string, { count: number; sizeBytes: number }> }
  const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0)
  expect(before).toHaveLength(letThrough)
  expect(blobs.sizes).toHaveLength(pushed.blobs - letThrough)
  expect(sum(before) + sum(blobs.sizes)).toBe(pushed.blobBytes)
  expect(near.take().filter(({ method, url }) => method === 'GET' && url.includes('/blobs/'))).toHaveLength(
    pushed.blobs - letThrough,
  )
  expect(result.blobs['exists']).toEqual({ count: letThrough, sizeBytes: sum(before) })
  const top = await far.call('GET', `/v2/${repository}/manifests/1`)
  expect(top.bytes.equals(pushed.bytes)).toBe(true)
})
