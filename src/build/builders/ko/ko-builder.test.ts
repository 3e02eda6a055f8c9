import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fakePrograms, type FakePrograms } from '../../../../test/support/fake-programs.ts'
import { comparableImage } from '../../../../test/support/oci-folder.ts'
import { aRegistry } from '../../../../test/support/registry-fixtures.ts'
import { tinyElf } from '../../../../test/support/tiny-elf.ts'
import { anImageFor, aToolBench, writeLayout, type ToolBench } from '../../../../test/support/tool-builds.ts'
import type { KoArtifact } from '../../../config/index.ts'
import { formatPlatform } from '../../../platform/index.ts'
import { runProcess } from '../../../subprocess/index.ts'
import { createNativeBuilder } from '../native/native-builder.ts'
import { goBuild, koArguments, koConfiguration, koDockerfile, programName } from './ko-arguments.ts'
import { createKoBuilder } from './ko-builder.ts'

const both = [
  { os: 'linux', architecture: 'amd64' },
  { os: 'linux', architecture: 'arm', variant: 'v7' },
]
const ko = (more: Partial<KoArtifact> = {}): KoArtifact => ({ kind: 'ko', ...more })

describe('arguments', () => {
  test('of ko', () => {
    expect(koArguments(ko({ main: 'cmd/app', labels: { a: 'b c' } }), both, '/out')).toEqual([
      'build',
      '--platform=linux/amd64,linux/arm/v7',
      '--push=false',
      '--oci-layout-path=/out',
      '--sbom=none',
      '--bare',
      '--image-label',
      'a=b c',
      './cmd/app',
    ])
    const settings = ko({ main: './cmd/app', env: ['A=1'], flags: ['-tags=x'], ldflags: ['-s', '-w'] })
    expect(JSON.parse(koConfiguration(settings, 'base:1'))).toEqual({
      defaultBaseImage: 'base:1',
      builds: [
        { id: 'catamaran', dir: '.', main: './cmd/app', env: ['A=1'], flags: ['-tags=x'], ldflags: ['-s', '-w'] },
      ],
    })
    expect(JSON.parse(koConfiguration(ko(), undefined))).toEqual({ builds: [{ id: 'catamaran', dir: '.', main: '.' }] })
  })

  test.each([
    [{ os: 'linux', architecture: 'amd64' }, {}, {}],
    [{ os: 'linux', architecture: 'arm64' }, {}, {}],
    [{ os: 'linux', architecture: 'arm', variant: 'v6' }, {}, { GOARM: '6' }],
    [{ os: 'linux', architecture: 'amd64', variant: 'v3' }, {}, { GOAMD64: 'v3' }],
    [
      { os: 'linux', architecture: 'amd64' },
      { env: ['CGO_ENABLED=1', 'GOFLAGS=-mod=mod'] },
      { CGO_ENABLED: '1', GOFLAGS: '-mod=mod' },
    ],
  ])('of Go for %j %j', (platform, settings, env) => {
    const call = goBuild(ko({ flags: ['-v'], ldflags: ['-s', '-w'], ...settings }), platform, '/out/app')
    expect(call.args).toEqual(['build', '-trimpath', '-v', '-ldflags', '-s -w', '-o', '/out/app', '.'])
    expect(call.env).toEqual({ CGO_ENABLED: '0', GOOS: platform.os, GOARCH: platform.architecture, ...env })
  })

  test.each([
    ['example.com/team/app', 'app'],
    ['example.com/app/v2', 'app'],
    ['app', 'app'],
    ['example.com/a b', 'a-b'],
  ])('%s makes the program %s', (path, name) => {
    expect(programName(path)).toBe(name)
  })

  test('the Dockerfile around the program', () => {
    expect(koDockerfile({ base: 'b:1', name: 'app', hasData: true, labels: { 'a.b': 'x "$y"' } })).toBe(
      'FROM b:1\nCOPY --chmod=555 kodata /var/run/ko\nENV KO_DATA_PATH=/var/run/ko\nCOPY --chmod=555 app /ko-app/app\nENV PATH=$PATH:/ko-app\nLABEL "a.b"="x \\"\\$y\\""\nENTRYPOINT ["/ko-app/app"]\n',
    )
  })
})

describe('builds', () => {
  let bench: ToolBench
  let programs: FakePrograms
  beforeEach(async () => {
    bench = await aToolBench()
  })
  afterEach(async () => {
    await programs.close()
    await bench.close()
  })

  function builder(): ReturnType<typeof createKoBuilder> {
    const { workFolder, context } = bench
    const native = createNativeBuilder({ registry: aRegistry(), workFolder, env: {} })
    return createKoBuilder({ runProcess, env: programs.env, cwd: context, native, workFolder })
  }

  const copyLayout = (from: string): string =>
    `fs.cpSync(${JSON.stringify(from)}, args.find((arg) => arg.startsWith('--oci-layout-path=')).split('=')[1], {recursive: true}); console.error(process.env.KO_DOCKER_REPO)`

  test('with ko: its layout, in the order of the request', async () => {
    const layout = join(bench.workFolder, 'prepared')
    const images = [await anImageFor('amd64'), await anImageFor('arm64')]
    await writeLayout(layout, images)
    programs = await fakePrograms({ ko: copyLayout(layout) })
    const result = await builder().build(bench.request(ko(), 'linux/arm64,linux/amd64'))
    expect(result).toMatchObject({
      kind: 'images',
      images: [{ platform: { architecture: 'arm64' } }, { platform: { architecture: 'amd64' } }],
    })
    expect(bench.events).toContainEqual({ type: 'buildOutput', image: 'app', text: 'registry.example.com/team/app' })
    await expect(builder().build(bench.request(ko(), 'linux/s390x'))).rejects.toMatchObject({
      code: 'BUILD_RESULT_INVALID',
      message: 'ko made no image of app for linux/s390x: it made linux/amd64, linux/arm64',
    })
  })

  test('without ko: Go compiles for every platform, and the image has its layout', async () => {
    programs = await fakePrograms({
      go: `if (args[0] === 'list') console.log('example.com/team/hello main')
        else fs.copyFileSync(path.join('programs', process.env.GOARCH), args[args.indexOf('-o') + 1])`,
    })
    await mkdir(join(bench.context, 'programs'))
    await mkdir(join(bench.context, 'kodata/sub'), { recursive: true })
    await writeFile(join(bench.context, 'kodata/sub/data'), 'x')
    for (const architecture of ['amd64', 'arm64'] as const) {
      await writeFile(join(bench.context, 'programs', architecture), tinyElf({ architecture, afterwards: { exit: 0 } }))
    }
    // the image starts from nothing, as a layout cannot be fetched here
    const base = join(bench.workFolder, 'base')
    await writeLayout(base, [await anImageFor('amd64'), await anImageFor('arm64')])
    const result = await builder().build(bench.request(ko({ fromImage: `oci:${base}` }), 'linux/amd64,linux/arm64'))
    const images = result.kind === 'images' ? result.images : []
    expect(images.map(({ platform }) => formatPlatform(platform))).toEqual(['linux/amd64', 'linux/arm64'])
    for (const image of images) {
      const { files, config } = await comparableImage(image)
      expect(Object.keys(files)).toEqual(expect.arrayContaining(['ko-app/hello', 'var/run/ko/sub/data', 'for']))
      expect(config.config).toMatchObject({ Entrypoint: ['/ko-app/hello'] })
      expect(config.config?.Env?.join(' ')).toMatch(/PATH=\S+:\/ko-app .*KO_DATA_PATH|KO_DATA_PATH.*PATH=\S+:\/ko-app/)
    }
  })

  test('what is no program is refused', async () => {
    programs = await fakePrograms({ go: 'console.log("example.com/lib lib")' })
    await expect(builder().build(bench.request(ko(), 'linux/amd64'))).rejects.toThrow(/no program: its package is lib/)
  })

  test('neither ko nor Go', async () => {
    programs = await fakePrograms({})
    await expect(builder().build(bench.request(ko(), 'linux/amd64'))).rejects.toMatchObject({
      code: 'BUILD_TOOL_MISSING',
      hint: 'install ko (https://ko.build) or Go (https://go.dev)',
    })
  })

  test('it depends on Go files and the module', async () => {
    programs = await fakePrograms({})
    await mkdir(join(bench.context, 'pkg'))
    for (const path of ['main.go', 'pkg/a.go', 'go.mod', 'README.md']) await writeFile(join(bench.context, path), '')
    const files = await builder().dependencies(bench.request(ko(), 'linux/amd64'))
    const names = files.map((path) => path.slice(bench.context.length + 1))
    expect(names).toEqual(expect.arrayContaining(['go.mod', 'main.go', 'pkg/a.go']))
    expect(names).not.toContain('README.md')
  })
})
