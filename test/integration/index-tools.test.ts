import { mkdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exampleFolder } from '../support/cli.ts'
import { registryReader } from '../support/registry-reader.ts'
import { describeWithTools, serviceAddress, type ServiceName } from '../support/tools.ts'
import { createWorkbench, type Workbench } from '../support/workbench.ts'

/** docker, crane and skopeo read what catamaran pushed, and find it valid: in the embedded registry and in Docker's own. */

let bench: Workbench
let embedded: string

beforeAll(async () => {
  bench = await createWorkbench()
  bench.copy(exampleFolder('hello-mixed'))
  const registry = bench.start(['registry', 'serve', '--format=json'])
  embedded = /"registry": "([^"]+)"/.exec(await registry.waitFor(/"registry": "[^"]+"/))?.[1] ?? ''
})

afterAll(async () => {
  await bench.close()
})

const registries: readonly [string, readonly ServiceName[], () => string][] = [
  ['the embedded registry', [], () => embedded],
  ['Docker’s registry', ['registry'], () => serviceAddress('registry')],
]

describe.each(registries)('in %s', (_, services, host) => {
  const image = (): string => `${host()}/index-tools/hello-mixed:v1`
  const stored = async (): Promise<unknown> =>
    (await registryReader(host()).manifest('index-tools/hello-mixed', 'v1'))?.body

  const push = async (): Promise<void> => {
    const args = ['build', '-t', 'v1', `--default-repo=${host()}/index-tools`, '--platform=linux/amd64,linux/arm64']
    const build = await bench.run(args)
    expect(build.code, build.output).toBe(0)
  }

  describeWithTools('crane', ['crane', ...services], (tool) => {
    beforeAll(push)

    test('validates every image down to its layers', async () => {
      const { stdout, stderr } = await tool('crane', ['validate', '--insecure', '--remote', image()])
      expect(stdout + stderr).toContain('PASS')
    })

    test.each(['linux/amd64', 'linux/arm64'])('finds the configuration for %s', async (platform) => {
      const { stdout } = await tool('crane', ['config', '--insecure', '--platform', platform, image()])
      const config = JSON.parse(stdout) as Config
      expect(`${config.os}/${config.architecture}`).toBe(platform)
      expect(config.config.Entrypoint?.[0]).toBe('/server')
    })
  })

  describeWithTools('skopeo', ['skopeo', ...services], (tool) => {
    beforeAll(push)

    test('copies the whole index, every digest checked', async () => {
      const folder = bench.path(`skopeo-${host().replaceAll(/\W/g, '-')}`)
      mkdirSync(folder, { recursive: true })
      const from = ['--src-tls-verify=false', `docker://${image()}`]
      await tool('skopeo', ['--insecure-policy', 'copy', '--all', '--preserve-digests', ...from, `dir:${folder}`])
      expect(JSON.parse(readFileSync(`${folder}/manifest.json`, 'utf8'))).toEqual(await stored())
    })

    test('shows the index as it is stored', async () => {
      const { stdout } = await tool('skopeo', ['inspect', '--raw', '--tls-verify=false', `docker://${image()}`])
      expect(JSON.parse(stdout)).toEqual(await stored())
    })
  })

  describeWithTools('docker', ['docker', 'engine', ...services], (tool) => {
    beforeAll(push)

    test('reads the platforms of the index', async () => {
      const { stdout } = await tool('docker', ['manifest', 'inspect', '--insecure', image()])
      const { manifests } = JSON.parse(stdout) as Index
      expect(manifests.map(({ platform }) => `${platform.os}/${platform.architecture}`)).toEqual([
        'linux/amd64',
        'linux/arm64',
      ])
    })

    test('pulls the variant that it is asked for', async () => {
      await tool('docker', ['pull', '--quiet', '--platform', 'linux/arm64', image()])
      const { stdout } = await tool('docker', ['image', 'inspect', image()])
      expect((JSON.parse(stdout) as { readonly Architecture: string }[])[0]?.Architecture).toBe('arm64')
      await tool('docker', ['image', 'rm', image()])
    })
  })
})

interface Config {
  readonly os: string
  readonly architecture: string
  readonly config: { readonly Entrypoint?: readonly string[] }
}

interface Index {
  readonly manifests: readonly { readonly platform: { readonly os: string; readonly architecture: string } }[]
}
