import { expect, test } from 'vitest'
import type { Event } from '../events/index.ts'
import { parseResources, printResources } from '../resource/index.ts'
import { renderResources } from './index.ts'

const amd64 = { os: 'linux', architecture: 'amd64' }
const arm64 = { os: 'linux', architecture: 'arm64' }

test('the images with the debuggers’ files have a say in where the pod can run', async () => {
  const events: Event[] = []
  const [rendered] = await renderResources({
    resources: parseResources(
      'apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  containers:\n    - name: web\n      image: app # ours\n',
      'k8s.yaml',
    ),
    builtImages: [{ image: 'app', reference: 'reg:5000/app:1', platforms: [amd64, arm64] }],
    labels: {},
    debug: {
      imageOf: async (name) =>
        name === 'reg:5000/app:1' ? { artifact: 'app', config: { Entrypoint: ['dotnet', 'a.dll'] } } : undefined,
      protocols: [],
      helpersRegistry: 'helpers.example/path',
    },
    placement: {
      enabled: true,
      nodes: [amd64, arm64].map((platform) => ({
        name: platform.architecture,
        platform,
        labels: { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': platform.architecture },
        taints: [],
      })),
      forced: false,
      gke: false,
      inspect: async (name) => ({ platforms: name === 'helpers.example/path/netcore' ? [amd64] : 'unknown' }),
    },
    emit: (event) => events.push(event),
  })
  const text = printResources(rendered === undefined ? [] : [rendered])
  expect(text).toContain('image: reg:5000/app:1 # ours')
  expect(text).toContain('image: helpers.example/path/netcore')
  expect(text.match(/amd64|arm64/g)).toEqual(['amd64'])
  expect(events.filter(({ type }) => type === 'placed')).toMatchObject([{ platforms: ['linux/amd64'] }])
})
