import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  baseFolders,
  corpusBases,
  corpusContext,
  readExpected,
  type CorpusCase,
} from '../../../../test/support/dockerfile-corpus.ts'
import { aProject, aStockedRegistry, linesOf, type StockedRegistry } from '../../../../test/support/native-build.ts'
import type { Image } from '../../../image/index.ts'

/** What Docker made of Dockerfiles without RUN. */
const cases = JSON.parse(
  readFileSync(new URL('../../../../test/fixtures/dockerfile-cases.json', import.meta.url), 'utf8'),
) as readonly CorpusCase[]

const failures: Readonly<Record<string, string>> = {
  missing: 'BUILD_SOURCE_MISSING',
  'file-over-dir-nested': 'BUILD_COPY_CONFLICT',
  'dir-over-symlink-nested': 'BUILD_COPY_CONFLICT',
  'ign-copy-ignored': 'BUILD_SOURCE_MISSING',
}

describe('Dockerfiles without RUN give what Docker gives', () => {
  let stocked: StockedRegistry
  let base: string
  let bases: readonly Image[]

  beforeAll(async () => {
    stocked = await aStockedRegistry()
    bases = await corpusBases()
    base = await stocked.stock('base', bases)
  })
  afterAll(async () => stocked.close())

  async function build(one: CorpusCase): Promise<Image> {
    const dockerfile = `${one.dockerfile.replaceAll('BASE', base)}\n`
    const files = { ...(await corpusContext(one)), Dockerfile: dockerfile }
    const project = await aProject(files, { registry: stocked.registry })
    try {
      return await project.build()
    } finally {
      await project.close()
    }
  }

  test.each(cases.filter((one) => !readExpected(one).fails).map((one) => [one.name, one] as const))(
    '%s',
    async (_, one) => {
      const image = await build(one)
      const expected = readExpected(one)
      const isOnBase = !/FROM scratch(?![\s\S]*FROM)/.test(one.dockerfile)
      const own = image.layers.slice(isOnBase ? 1 : 0)
      const found = await Promise.all(own.map(async (layer) => linesOf(layer)))
      expect(found).toEqual(
        expected.layers.map((layer) =>
          layer.map(({ line, time, path }) => {
            const [letter = '', mode = '', owner = '', size = '', ...rest] = line.split(' ')
            return [letter, mode, owner, timeFor(time, path), size, ...rest].join(' ')
          }),
        ),
      )
      if (expected.config !== undefined) expect(image.config.config).toEqual(expected.config)
      if (expected.history !== undefined) {
        const history = (image.config.history ?? []).slice(isOnBase ? 1 : 0)
        expect(history.map((entry) => [entry.created_by, entry.empty_layer === true])).toEqual(expected.history)
      }
    },
  )

  test.each(Object.entries(failures))('%s fails with %s and names the line', async (name, code) => {
    const one = cases.find((other) => other.name === name)
    expect(one).toBeDefined()
    await expect(build(one!)).rejects.toMatchObject({
      code,
      where: 'Dockerfile:2',
      message: expect.stringMatching(/^Dockerfile:2: /) as string,
    })
  })

  test('every case is looked at', () => {
    expect(cases).toHaveLength(44)
    expect(
      cases
        .filter((one) => readExpected(one).fails)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(Object.keys(failures).sort())
  })
})

/** Our times: what images and archives bring keeps its time, all else is 0. */
function timeFor(time: string, path: string): string {
  if (time === 'NOW') return baseFolders.has(path) ? '1700000000' : '0'
  return ['1300000000', '1700000000'].includes(time) ? time : '0'
}
