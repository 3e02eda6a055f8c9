import { expect, test } from 'vitest'
import { parseDockerfile, planBuild } from '../../../dockerfile/index.ts'
import { createImage, type Image } from '../../../image/index.ts'
import { isSameForAll } from './same-for-all.ts'
import { shareRunning } from './share-running.ts'

const host = { os: 'linux', architecture: 'amd64' }
const platform = { os: 'linux', architecture: 'arm64' }

test.each([
  ['on the building machine', 'FROM --platform=$BUILDPLATFORM a AS b\nRUN x\n', true],
  ['on the same platform, by name', 'FROM --platform=linux/amd64 a AS b\nRUN x\n', true],
  ['for the target', 'FROM a AS b\nRUN x\n', false],
  ['that knows the target', 'FROM --platform=$BUILDPLATFORM a AS b\nARG TARGETARCH\nRUN x\n', false],
  ['whose arguments know the target', 'ARG A=$TARGETARCH\nFROM --platform=$BUILDPLATFORM a:$A AS b\nRUN x\n', false],
  [
    'on a stage for the target',
    'FROM a AS one\nFROM --platform=$BUILDPLATFORM a AS b\nCOPY --from=one /x /x\nRUN x\n',
    false,
  ],
  ['beside a stage that nobody needs', 'FROM a AS one\nFROM --platform=$BUILDPLATFORM a AS b\nRUN x\n', true],
])('a stage %s', (_, text, expected) => {
  const whole = `${text}FROM scratch\nARG TARGETOS\nCOPY --from=b /x /x\n`
  const plan = planBuild(parseDockerfile(whole, 'Dockerfile'), { platform, buildPlatform: host, buildArgs: {} })
  const index = plan.stages.findIndex(({ name }) => name === 'b')
  expect(isSameForAll(whole, { plan, index, host })).toBe(expected)
})

test('a build that runs is shared, one that is over is not', async () => {
  const image = createImage({ config: host, layers: [] })
  const share = shareRunning()
  let builds = 0
  const build = async (): Promise<Image> => {
    builds += 1
    await new Promise((resolve) => setImmediate(resolve))
    return image
  }
  expect(await Promise.all([share('a', build), share('a', build)])).toEqual([image, image])
  expect(builds).toBe(1)
  await share('a', build)
  expect(builds).toBe(2)
  await expect(share('b', async () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  await expect(share('b', build)).resolves.toBe(image)
})
