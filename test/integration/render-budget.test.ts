import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeProject } from '../../bench/render/content.mjs'
import { serveImages, type ImageServer } from '../../bench/render/image-server.mjs'

/** What rendering many resources asks of a registry: the counts of `npm run bench:render`, on a smaller project. */

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
let folder: string
let server: ImageServer

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catamaran-render-'))
  server = await serveImages({ images: 20, delayMs: 1 })
})

afterEach(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

async function render(...args: readonly string[]): Promise<string> {
  const env = { PATH: process.env['PATH'], HOME: folder, XDG_CACHE_HOME: join(folder, 'cache'), KUBECONFIG: '/none' }
  const child = spawn(process.execPath, [main, 'render', '--digest-source=none', ...args], { cwd: folder, env })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)))
  const code = await new Promise((done) => child.on('close', done))
  expect(code, output).toBe(0)
  return output
}

test('each image costs one GET at first, those for one platform their configuration, and one HEAD later', async () => {
  writeProject(folder, { resources: 200, images: server.images })
  const first = await render('--enable-platform-node-affinity')
  expect(server.take()).toEqual({ heads: 0, manifests: 20, configs: 5, others: 0 })
  expect(await render('--enable-platform-node-affinity')).toBe(first)
  expect(server.take()).toEqual({ heads: 20, manifests: 0, configs: 0, others: 0 })
  expect(first.match(/nodeSelectorTerms/g)).toHaveLength(100)
})

test('without placement no image is asked for', async () => {
  writeProject(folder, { resources: 200, images: server.images })
  await render()
  expect(server.take()).toEqual({ heads: 0, manifests: 0, configs: 0, others: 0 })
})
