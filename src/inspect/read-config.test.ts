import { afterAll, beforeAll, expect, test } from 'vitest'
import { pushImages, type PushedImage } from '../../test/support/push-image.ts'
import { serveNewStore, type ServedRegistry } from '../../test/support/registry-server.ts'
import { createRegistry, type Registry } from '../registry/index.ts'
import { readImageConfig } from './read-config.ts'

let served: ServedRegistry
let registry: Registry

beforeAll(async () => {
  served = await serveNewStore('memory')
  registry = createRegistry({ env: {}, runProcess: () => Promise.reject(new Error('no program is run here')) })
  const image = (architecture: string): PushedImage => ({ architecture, entrypoint: [`/${architecture}`], files: {} })
  await pushImages(`${served.host}/both:1`, [image('amd64'), image('arm64')])
  await pushImages(`${served.host}/one:latest`, [image('arm64')])
})

afterAll(async () => {
  await registry.close()
  await served.close()
})

test.each([
  ['of the wanted platform', 'both:1', { os: 'linux', architecture: 'arm64' }, '/arm64'],
  ['of the first image without a wish', 'both:1', undefined, '/amd64'],
  ['of an image that is no index, whatever its platform', 'one', { os: 'linux', architecture: 'amd64' }, '/arm64'],
])('the configuration %s', async (_, name, platform, program) => {
  const { config } = await readImageConfig(`${served.host}/${name}`, {
    registry,
    ...(platform === undefined ? {} : { platform }),
  })
  expect(config?.Entrypoint).toEqual([program])
})

test('an index without the platform', async () => {
  const platform = { os: 'linux', architecture: 's390x' }
  await expect(readImageConfig(`${served.host}/both:1`, { registry, platform })).rejects.toMatchObject({
    code: 'PLATFORM_NOT_OFFERED',
    message: `${served.host}/both:1 has no image for linux/s390x`,
  })
})
