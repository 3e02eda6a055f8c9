import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Image } from '../../image/index.ts'
import { parseReference } from '../../reference/index.ts'
import { publishImages } from '../../transfer/index.ts'
import { openFileDigests, type FileDigests } from '../../workspace/index.ts'
import { aDirectory, aFile } from '../../../test/support/layers.ts'
import {
  aBaseImage,
  aProject,
  aStockedRegistry,
  type Project,
  type StockedRegistry,
} from '../../../test/support/native-build.ts'
import { openLayerStore } from './layer-store.ts'

let cache = ''
let stocked: StockedRegistry

beforeEach(async () => {
  cache = mkdtempSync(join(tmpdir(), 'catamaran-unchanged-'))
  stocked = await aStockedRegistry()
})

afterEach(async () => {
  await stocked.close()
  rmSync(cache, { recursive: true, force: true })
})

const files = {
  Dockerfile: 'FROM scratch\nCOPY many /many/\nCOPY few /few/\n',
  ...Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`many/${index}`, `${index} `.repeat(3000)])),
  'few/a': 'a',
}

interface Process {
  readonly project: Project
  readonly digests: FileDigests
}

/** Another process with the same cache, long after the files were written. */
async function aProcess(laterMs = 60_000): Promise<Process> {
  const now = (): number => Date.now() + laterMs
  const digests = openFileDigests({ cacheFolder: join(cache, 'files'), now })
  const layers = openLayerStore({ folder: join(cache, 'layers'), now })
  return { digests, project: await aProject({}, { digests, layers, registry: stocked.registry }) }
}

async function push(image: Image): Promise<readonly string[]> {
  const sent: string[] = []
  await publishImages(stocked.registry, {
    reference: parseReference(`${stocked.host}/app:v1`),
    images: [image],
    onBlob: ({ digest, how }) => {
      if (how === 'uploaded') sent.push(digest)
    },
  })
  return sent
}

test('an unchanged build of another process reads no file and sends no blob', async () => {
  const first = await aProcess()
  await first.project.write(files)
  const image = await first.project.build()
  expect(first.digests.reads).toBe(301)
  expect(await push(image)).toHaveLength(3)

  const second = await aProcess()
  const again = await second.project.buildIn(first.project.folder)
  expect(second.digests.reads).toBe(0)
  expect(again.descriptor.digest).toBe(image.descriptor.digest)
  expect(await push(again)).toEqual([])
  await first.project.close()
  await second.project.close()
})

test('of a build in which one file changed, that file is read, and its layer and the configuration are sent', async () => {
  const first = await aProcess()
  await first.project.write(files)
  await push(await first.project.build())
  await first.project.write({ 'many/7': 'changed' })

  const second = await aProcess()
  const changed = await second.project.buildIn(first.project.folder)
  expect(second.digests.reads).toBe(1)
  const sent = await push(changed)
  expect([...sent].sort()).toEqual([changed.manifest.config.digest, changed.layers[0]?.descriptor.digest].sort())
  await first.project.close()
  await second.project.close()
})

test('layers whose bytes are no longer in the cache can still be sent', async () => {
  const first = await aProcess()
  await first.project.write(files)
  const image = await first.project.build()
  rmSync(join(cache, 'layers', 'parts'), { recursive: true })

  const second = await aProcess()
  const again = await second.project.buildIn(first.project.folder)
  expect(again.descriptor.digest).toBe(image.descriptor.digest)
  expect(await push(again)).toHaveLength(3)
  await first.project.close()
  await second.project.close()
})

test('a layer whose files are what they were is known without its parts', async () => {
  const first = await aProcess()
  await first.project.write(files)
  const image = await first.project.build()
  rmSync(join(cache, 'layers', 'layers'), { recursive: true })
  rmSync(join(cache, 'layers', 'parts'), { recursive: true })

  const second = await aProcess()
  const again = await second.project.buildIn(first.project.folder)
  expect(again.descriptor.digest).toBe(image.descriptor.digest)
  expect(existsSync(join(cache, 'layers', 'parts'))).toBe(false)
  await first.project.close()
  await second.project.close()
})

test('of files that may be written to unnoticed no layer is remembered by their times', async () => {
  const first = await aProcess(-60_000)
  await first.project.write(files)
  await first.project.build()
  const notes = join(cache, 'layers', 'notes')
  expect(existsSync(notes) ? readdirSync(notes) : []).toEqual([])
  await first.project.close()
})

test('of a base image that was built on before, no layer is fetched', async () => {
  const layers: string[] = []
  const base = await stocked.stock('base', [
    await aBaseImage([aDirectory('few'), aFile('few/b', 'b')], { architecture: 'amd64' }),
  ])
  const { registry } = stocked
  const watched: typeof registry = {
    ...registry,
    getBlob(repository, descriptor, signal) {
      if (descriptor.mediaType.includes('layer')) layers.push(descriptor.digest)
      return registry.getBlob(repository, descriptor, signal)
    },
  }
  const build = async (): Promise<Image> => {
    const store = openLayerStore({ folder: join(cache, 'layers'), now: Date.now })
    const project = await aProject({}, { layers: store, registry: watched })
    await project.write({ ...files, Dockerfile: `FROM ${base}\nCOPY few /few/\n` })
    const image = await project.build()
    await project.close()
    return image
  }
  const image = await build()
  expect(layers).toHaveLength(1)
  expect((await build()).descriptor.digest).toBe(image.descriptor.digest)
  expect(layers).toHaveLength(1)
})
