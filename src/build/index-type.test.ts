import { afterEach, beforeEach, expect, test } from 'vitest'
import { aStockedRegistry, type StockedRegistry } from '../../test/support/native-build.ts'
import { aToolBench, anImageFor, type ToolBench } from '../../test/support/tool-builds.ts'
import { mediaTypes, withAnnotations, type Image } from '../image/index.ts'
import { parseReference } from '../reference/index.ts'
import { publishImages } from '../transfer/index.ts'
import type { Builder, BuildResult } from './contract.ts'
import { withIndexType } from './index-type.ts'

let bench: ToolBench
let stocked: StockedRegistry
beforeEach(async () => {
  ;[bench, stocked] = [await aToolBench(), await aStockedRegistry()]
})
afterEach(async () => {
  await stocked.close()
  await bench.close()
})

const giving = (result: BuildResult): Builder => ({
  multiPlatform: true,
  build: () => Promise.resolve(result),
  dependencies: () => Promise.resolve([]),
})
const custom = { kind: 'custom', buildCommand: 'make', dependencies: {} } as const
const typesOf = (result: BuildResult): readonly string[] =>
  result.kind === 'images' ? result.images.map(({ descriptor }) => descriptor.mediaType) : [result.kind]

async function build(result: BuildResult, type: 'docker' | 'oci', push = true): Promise<BuildResult> {
  const reference = parseReference(`${stocked.host}/app:v1`)
  const builder = withIndexType(giving(result), { type, registry: stocked.registry })
  return builder.build(bench.request(custom, 'linux/amd64,linux/arm64', { reference, push }))
}

async function pushed(images: readonly Image[]): Promise<BuildResult> {
  const reference = parseReference(`${stocked.host}/app:v1`)
  return { kind: 'pushed', digest: (await publishImages(stocked.registry, { reference, images })).digest }
}

test('images that were made here, and what a builder has pushed on its own, get the types of Docker', async () => {
  const images = [await anImageFor('amd64'), await anImageFor('arm64')]
  const docker = [mediaTypes.docker.manifest, mediaTypes.docker.manifest]
  expect(typesOf(await build({ kind: 'images', images }, 'docker'))).toEqual(docker)
  const again = await build(await pushed(images), 'docker')
  expect(typesOf(again)).toEqual(docker)
  const reference = parseReference(`${stocked.host}/app:v2`)
  const { mediaType } = await publishImages(stocked.registry, {
    reference,
    images: again.kind === 'images' ? again.images : [],
  })
  expect(mediaType).toBe(mediaTypes.docker.index)
  expect(bench.events).toEqual([])
})

test('what has the types already stays what it is', async () => {
  const result = await pushed([await anImageFor('amd64')])
  expect(await build(result, 'oci')).toBe(result)
})

test('what is not pushed stays as it is', async () => {
  const result: BuildResult = { kind: 'images', images: [await anImageFor('amd64')] }
  expect(await build(result, 'docker', false)).toBe(result)
})

test('what has no place in them is said', async () => {
  const images = [withAnnotations(await anImageFor('amd64'), { a: 'b' })]
  await build({ kind: 'images', images }, 'docker')
  expect(bench.events).toEqual([
    {
      type: 'warning',
      text: "app: Docker's media types have no place for something of linux/amd64: annotations",
      hint: 'leave out --index-type=docker to keep it',
    },
  ])
})

test('what cannot be read stays, and that is said', async () => {
  await stocked.close()
  const result: BuildResult = { kind: 'pushed', digest: `sha256:${'0'.repeat(64)}` }
  expect(await build(result, 'docker')).toBe(result)
  expect(bench.events).toEqual([expect.objectContaining({ type: 'warning' })])
})
