import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exampleFolder } from '../support/cli.ts'
import { registryReader } from '../support/registry-reader.ts'
import { findTool } from '../support/tools.ts'
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

const tools = { crane: findTool('crane'), skopeo: findTool('skopeo'), docker: findTool('docker') }
const dockerRegistry = process.env['CATAMARAN_TEST_REGISTRY']

describe.each([
  ['the embedded registry', () => embedded, true],
  ['Docker’s registry', () => dockerRegistry ?? '', dockerRegistry !== undefined],
])('in %s', (_, host, isHere) => {
  const name = (): string => `${host()}/index-tools/hello-mixed`

  beforeAll(async () => {
    if (!isHere) return
    const args = ['build', '-t', 'v1', `--default-repo=${host()}/index-tools`, '--platform=linux/amd64,linux/arm64']
    const build = await bench.run(args)
    expect(build.code, build.output).toBe(0)
  })

  test.skipIf(!isHere || tools.crane === undefined)(
    'crane validates every image down to its layers (needs crane)',
    () => {
      expect(call(tools.crane, ['validate', '--insecure', '--remote', `${name()}:v1`])).toContain('PASS')
      const digest = call(tools.crane, ['digest', '--insecure', `${name()}:v1`]).trim()
      expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/)
      for (const platform of ['linux/amd64', 'linux/arm64']) {
        const config = JSON.parse(
          call(tools.crane, ['config', '--insecure', '--platform', platform, `${name()}:v1`]),
        ) as Config
        expect(`${config.os}/${config.architecture}`).toBe(platform)
        expect(config.config.Entrypoint?.[0]).toBe('/server')
      }
    },
  )

  test.skipIf(!isHere || tools.skopeo === undefined)(
    'skopeo copies the whole index, every digest checked (needs skopeo)',
    async () => {
      const folder = bench.path(`skopeo-${host().replace(/\W/g, '-')}`)
      mkdirSync(folder)
      call(tools.skopeo, [
        '--insecure-policy',
        'copy',
        '--all',
        '--preserve-digests',
        '--src-tls-verify=false',
        `docker://${name()}:v1`,
        `dir:${folder}`,
      ])
      const stored = await registryReader(host()).manifest('index-tools/hello-mixed', 'v1')
      expect(JSON.parse(readFileSync(`${folder}/manifest.json`, 'utf8'))).toEqual(stored?.body)
      const raw = call(tools.skopeo, ['inspect', '--raw', '--tls-verify=false', `docker://${name()}:v1`])
      expect(JSON.parse(raw)).toEqual(stored?.body)
    },
  )

  test.skipIf(!isHere || tools.docker === undefined)(
    'docker reads the platforms and runs its own variant (needs docker)',
    () => {
      const inspected = JSON.parse(call(tools.docker, ['manifest', 'inspect', '--insecure', `${name()}:v1`])) as Index
      expect(inspected.manifests.map(({ platform }) => `${platform.os}/${platform.architecture}`)).toEqual([
        'linux/amd64',
        'linux/arm64',
      ])
      call(tools.docker, ['pull', '--quiet', '--platform', 'linux/arm64', `${name()}:v1`])
      const image = JSON.parse(call(tools.docker, ['image', 'inspect', `${name()}:v1`])) as { Architecture: string }[]
      expect(image[0]?.Architecture).toBe('arm64')
      call(tools.docker, ['image', 'rm', `${name()}:v1`])
    },
  )
})

interface Config {
  readonly os: string
  readonly architecture: string
  readonly config: { readonly Entrypoint?: readonly string[] }
}

interface Index {
  readonly manifests: readonly { readonly platform: { readonly os: string; readonly architecture: string } }[]
}

/** What a program prints; a failure is the test's. */
function call(program: string | undefined, args: readonly string[]): string {
  const done = spawnSync(program ?? '', args, { encoding: 'utf8' })
  expect(done.status, `${program} ${args.join(' ')}\n${done.stdout}${done.stderr}`).toBe(0)
  return done.stdout + done.stderr
}
