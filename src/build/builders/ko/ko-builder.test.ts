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
import { rememberImages } from '../../built-images.ts'
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
    expect(
      koArguments(ko({ labels: { a: 'b c' } }), both, { layout: '/out', target: './cmd/app', isInsecure: false }),
    ).toEqual([
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
    const file = { defaultBaseImage: 'theirs:1', baseImageOverrides: { x: 'y' }, builds: [{ id: 'theirs' }] }
    expect(JSON.parse(koConfiguration(settings, { file, base: 'base:1', main: './cmd/app' }))).toEqual({
      defaultBaseImage: 'base:1',
      builds: [
        { id: 'catamaran', dir: '.', main: './cmd/app', env: ['A=1'], flags: ['-tags=x'], ldflags: ['-s', '-w'] },
      ],
    })
    expect(JSON.parse(koConfiguration(ko(), { file, base: undefined, main: '.' }))).toEqual(file)
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
    const call = goBuild(ko({ flags: ['-v'], ldflags: ['-s', '-w'], ...settings }), platform, {
      output: '/out/app',
      target: 'example.com/app',
    })
    expect(call.args).toEqual(['build', '-trimpath', '-v', '-ldflags', '-s -w', '-o', '/out/app', 'example.com/app'])
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
    const built = rememberImages(aRegistry())
    const native = createNativeBuilder({ registry: built.registry, workFolder, env: {} })
    return createKoBuilder({
      runProcess,
      env: programs.env,
      cwd: context,
      native,
      built,
      workFolder,
      trust: { insecureRegistries: [] },
    })
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
      go: `if (args[0] === 'list') console.log('main example.com/team/hello ' + process.cwd())
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
    programs = await fakePrograms({ go: 'console.log("lib example.com/lib /lib")' })
    await expect(builder().build(bench.request(ko(), 'linux/amd64'))).rejects.toThrow(/no program: its package is lib/)
  })

  test('several programs are refused, and one among packages is found', async () => {
    programs = await fakePrograms({
      go: `if (args.at(-1) !== './...') throw new Error(args.at(-1))
        console.log("lib example.com/lib /lib"); console.log("main example.com/a /a"); console.log("main example.com/b /b")`,
    })
    await expect(builder().build(bench.request(ko({ main: './...' }), 'linux/amd64'))).rejects.toThrow(
      './... stands for several programs: example.com/a, example.com/b',
    )
  })

  test('an image that is named by its import path is that package', async () => {
    programs = await fakePrograms({ go: 'console.log("lib " + args.at(-1) + " /lib")' })
    const artifact = { image: 'ko://example.com/team/Cmd/app', context: '.', builder: ko() }
    await expect(builder().build(bench.request(ko(), 'linux/amd64', { artifact }))).rejects.toThrow(
      'example.com/team/Cmd/app is no program',
    )
  })

  test('a base image of the project that was not pushed is taken from where it is', async () => {
    programs = await fakePrograms({
      ko: 'throw new Error("ko reads registries only")',
      go: `if (args[0] === 'list') console.log('main example.com/team/hello ' + process.cwd())
        else fs.copyFileSync(${JSON.stringify(join(bench.context, 'program'))}, args[args.indexOf('-o') + 1])`,
    })
    await writeFile(join(bench.context, 'program'), tinyElf({ architecture: 'amd64', afterwards: { exit: 0 } }))
    const parents = [{ alias: 'BASE', image: 'base', reference: 'base:v1', images: [await anImageFor('amd64')] }]
    const result = await builder().build(bench.request(ko({ fromImage: 'BASE' }), 'linux/amd64', { parents }))
    const [image] = result.kind === 'images' ? result.images : []
    const { files } = await comparableImage(image ?? (await anImageFor('none')))
    expect(Object.keys(files)).toEqual(expect.arrayContaining(['for', 'ko-app/hello']))
  })

  test('.ko.yaml names base images when skaffold.yaml does not', async () => {
    const layout = join(bench.workFolder, 'prepared')
    await writeLayout(layout, [await anImageFor('amd64')])
    programs = await fakePrograms({
      ko: `${copyLayout(layout)}; console.log(fs.readFileSync(process.env.KO_CONFIG_PATH, 'utf8').trim())`,
    })
    await writeFile(join(bench.context, '.ko.yaml'), 'defaultBaseImage: theirs:1\nbuilds:\n- {id: x, ldflags: [-s]}\n')
    await builder().build(bench.request(ko(), 'linux/amd64'))
    const text = '{"defaultBaseImage":"theirs:1","builds":[{"id":"x","ldflags":["-s"]}]}'
    expect(bench.events).toContainEqual({ type: 'buildOutput', image: 'app', text })
    await writeFile(join(bench.context, '.ko.yaml'), 'defaultBaseImage: [')
    await expect(builder().build(bench.request(ko(), 'linux/amd64'))).rejects.toMatchObject({
      code: 'CONFIG_YAML_INVALID',
    })
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
    await mkdir(join(bench.context, 'kodata'))
    await mkdir(join(bench.context, 'pkg/pages'))
    for (const path of ['main.go', 'go.mod', 'README.md', 'kodata/x', 'pkg/pages/a.html', 'pkg/not.html']) {
      await writeFile(join(bench.context, path), '')
    }
    await writeFile(
      join(bench.context, 'pkg/a.go'),
      'package pkg\n\n//go:embed all:pages "b*.txt"\nvar files embed.FS\n',
    )
    const files = await builder().dependencies(bench.request(ko(), 'linux/amd64'))
    const names = files.map((path) => path.slice(bench.context.length + 1))
    expect(names).toEqual(
      expect.arrayContaining(['.ko.yaml', 'go.mod', 'kodata/x', 'main.go', 'pkg/a.go', 'pkg/pages/a.html']),
    )
    expect(names).not.toContain('README.md')
    expect(names).not.toContain('pkg/not.html')
  })
})
