import { afterEach, beforeEach, expect, test } from 'vitest'
import { aBaseImage, aStockedRegistry, linux, type StockedRegistry } from '../../../../test/support/native-build.ts'
import { startRequestLog, type RequestLog } from '../../../../test/support/request-log.ts'
import type { Event } from '../../../events/index.ts'
import { ToolError } from '../../../errors/index.ts'
import type { Image, ImageConfig } from '../../../image/index.ts'
import type { BaseInspector, BaseInspectorOptions } from '../../../inspect/index.ts'
import { inspectBases } from './image-store.ts'

let stocked: StockedRegistry
let log: RequestLog

beforeEach(async () => {
  stocked = await aStockedRegistry()
  log = await startRequestLog(stocked.host)
})

afterEach(async () => {
  await log.close()
  await stocked.close()
})

const { signal } = new AbortController()
const [amd64, arm64] = [linux('amd64'), linux('arm64')]
const entries = [{ kind: 'directory', path: 'etc', mode: 0o755, uid: 0, gid: 0, mtimeSeconds: 0 }] as const

async function anImage(architecture: string, word: string): Promise<Image> {
  return aBaseImage(entries, { architecture, config: { OnBuild: [`COPY ${word} /`], Env: [`WORD=${word}`] } })
}

function inspector(options: Partial<BaseInspectorOptions> = {}): BaseInspector {
  return inspectBases(stocked.registry, { host: arm64, ...options })
}

function through(name: string): string {
  return name.replace(stocked.host, log.host)
}

test.each([
  ['of the platform', amd64, 'COPY one /'],
  ['of this machine when no platform is asked for', undefined, 'COPY two /'],
  ['that is not there', linux('s390x'), undefined],
])('what builds take over from the image %s', async (_, platform, trigger) => {
  const name = await stocked.stock('base', [await anImage('amd64', 'one'), await anImage('arm64', 'two')])
  expect((await inspector().inspect(name, platform, signal))?.triggers[0]).toBe(trigger)
})

test('without a platform and an image for this machine the first one counts', async () => {
  const name = await stocked.stock('base', [await anImage('s390x', 'one'), await anImage('riscv64', 'two')])
  expect(await inspector().inspect(name, undefined, signal)).toEqual({ triggers: ['COPY one /'], env: ['WORD=one'] })
})

test('a name is read once for each platform', async () => {
  const name = through(await stocked.stock('base', [await anImage('amd64', 'one'), await anImage('arm64', 'two')]))
  const bases = inspector()
  await Promise.all([bases.inspect(name, amd64, signal), bases.inspect(name, amd64, signal)])
  await bases.inspect(name, amd64, signal)
  expect(log.requests.filter((line) => line.startsWith('HEAD /v2/base/'))).toHaveLength(1)
  expect(log.requests.filter((line) => line.startsWith('GET /v2/base/'))).toHaveLength(3)
})

test('a name that is asked for again may stand for something else', async () => {
  const name = await stocked.stock('base', [await anImage('amd64', 'one')])
  const bases = inspector()
  await bases.inspect(name, amd64, signal)
  await stocked.stock('base', [await anImage('amd64', 'two')])
  expect((await bases.inspect(name, amd64, signal))?.env).toEqual(['WORD=one'])
  await bases.resolve(name, signal)
  expect((await bases.inspect(name, amd64, signal))?.env).toEqual(['WORD=two'])
})

test("what no registry has is looked up in Docker's engine", async () => {
  const config: ImageConfig = {
    os: 'linux',
    architecture: 'amd64',
    config: { OnBuild: ['COPY local /'] },
    rootfs: { type: 'layers', diff_ids: [] },
  }
  const events: Event[] = []
  const emit = (event: Event): void => void events.push(event)
  const bases = inspector({
    emit,
    findLocally: async (name) => Promise.resolve(name.includes('own') ? config : undefined),
  })
  const found = await bases.inspect(`${stocked.host}/own:1`, amd64, signal)
  expect(found).toEqual({ triggers: ['COPY local /'], env: [] })
  expect(events).toEqual([])
})

test('what cannot be read is said once', async () => {
  const events: Event[] = []
  const bases = inspector({ emit: (event) => void events.push(event) })
  const name = `${stocked.host}/none:1`
  expect(await bases.inspect(name, amd64, signal)).toBeUndefined()
  await bases.resolve(name, signal)
  expect(await bases.inspect(name, undefined, signal)).toBeUndefined()
  expect(events).toEqual([
    {
      type: 'warning',
      text: expect.stringContaining(`files that only ONBUILD of ${name} copies are not looked after: `),
    },
  ])
})

test('an interrupted question is no failed one', async () => {
  const controller = new AbortController()
  controller.abort(new ToolError('ABORTED', 'stopped'))
  await expect(inspector().inspect(`${stocked.host}/none:1`, amd64, controller.signal)).rejects.toMatchObject({
    code: 'ABORTED',
  })
})

test('what was built here needs no registry', async () => {
  const bases = inspector()
  expect(bases.hasLearned('app')).toBe(false)
  bases.learn(['app', 'app:v1'], [await anImage('amd64', 'one')])
  expect(bases.hasLearned('app')).toBe(true)
  expect(await bases.inspect('app:v1', amd64, signal)).toEqual({ triggers: ['COPY one /'], env: ['WORD=one'] })
  expect(await bases.inspect('app:v1', arm64, signal)).toBeUndefined()
})
