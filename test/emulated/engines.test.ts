import { describe, expect, test } from 'vitest'
import { readEmulated } from '../../src/build/builders/dockerfile/emulators.ts'
import { readLayerTree } from '../../src/layer/index.ts'
import { anEngineProject, engineOf, pushShellBase } from '../support/engines.ts'
import { gather } from '../support/layers.ts'
import { describeWithTools } from '../support/tools.ts'

/** What only works while the machine runs programs of another architecture: scripts/test-tools.sh emulate. */

const isEmulated = (await readEmulated()).some(({ architecture }) => architecture === 'arm64')
const isRequired = process.env['CATAMARAN_REQUIRE_TOOLS'] === '1'

const engines = [
  { name: 'docker', needs: ['busybox', 'busybox-arm64', 'engine', 'registry'] },
  { name: 'buildah', needs: ['busybox', 'busybox-arm64', 'buildah', 'registry'] },
] as const

describe.skipIf(!isEmulated && !isRequired)('with arm64 emulated (scripts/test-tools.sh emulate)', () => {
  for (const { name, needs } of engines) {
    describeWithTools(`${name} runs the programs of a Dockerfile`, needs, () => {
      test('for arm64', async () => {
        const base = await pushShellBase(`emulated/${name}`)
        const app = await anEngineProject({ Dockerfile: `FROM ${base}\nRUN uname -m > /machine\n` }, [engineOf(name)])
        try {
          const image = await app.build({ platform: 'linux/arm64' })
          expect(image.platform).toEqual({ os: 'linux', architecture: 'arm64' })
          const tree = await readLayerTree(image.layers)
          expect(String(await gather(tree.open('machine')))).toBe('aarch64\n')
        } finally {
          await app.close()
        }
      })
    })
  }
})
