import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRequestLog } from '../support/request-log.ts'
import { tinyElf } from '../support/tiny-elf.ts'
import { describeWithTools, serviceAddress } from '../support/tools.ts'
import { createWorkbench, type Workbench } from '../support/workbench.ts'

/** Layers with a table of contents, as buildx makes them. */

let bench: Workbench

beforeAll(async () => {
  bench = await createWorkbench()
})

afterAll(async () => {
  await bench.close()
})

describeWithTools('eStargz layers of buildx', ['engine', 'docker', 'registry'], (tool) => {
  test('verify --deep reads no layer whole', async () => {
    await bench.write({
      Dockerfile: 'FROM scratch\nCOPY data /a\nCOPY --chmod=755 app /app\nCOPY data /z\nENTRYPOINT ["/app"]\n',
      data: randomBytes(2_000_000),
      app: tinyElf({ architecture: 'amd64', message: 'hello', afterwards: 'sleep' }),
    })
    const repository = `estargz-${process.pid}`
    const output = `type=image,name=${serviceAddress('registry')}/${repository}:1,push=true,compression=estargz`
    const flags = ['--platform=linux/arm64', '--provenance=false', `--output=${output},force-compression=true`]
    await tool('docker', ['buildx', 'build', ...flags, bench.path('.')], {
      env: { DOCKER_HOST: serviceAddress('engine') },
    })
    const log = await startRequestLog(serviceAddress('registry'))
    try {
      const result = await bench.run(['image', 'verify', '--deep', '--format=json', `${log.host}/${repository}:1`])
      const [finding] = (JSON.parse(result.stdout) as { findings: { message: string }[] }).findings
      expect(finding?.message).toMatch(/^\/app is compiled for amd64, and the image is for linux\/arm64/)
      const parts = log.requests.filter((line) => line.startsWith('GET') && line.includes('/blobs/'))
      // the configuration, table and its place of each layer, and the program
      expect(parts.length).toBeLessThanOrEqual(8)
      expect(log.bytesDown()).toBeLessThan(100_000)
    } finally {
      await log.close()
    }
  })
})

/** Bytes that gzip makes no smaller. */
function randomBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  let state = 7
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}
