import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fakePrograms, type FakePrograms } from '../../../../test/support/fake-programs.ts'
import { gather } from '../../../../test/support/layers.ts'
import { aToolBench, writeDockerArchive, type ToolBench } from '../../../../test/support/tool-builds.ts'
import type { BuildpacksArtifact } from '../../../config/index.ts'
import { runProcess } from '../../../subprocess/index.ts'
import { insecureRegistriesOf, packArguments, usesLocalImage } from './pack-arguments.ts'
import { createPackBuilder } from './pack-builder.ts'

function buildpacks(more: Partial<BuildpacksArtifact> = {}): BuildpacksArtifact {
  return { kind: 'buildpacks', builder: 'builder:1', projectDescriptor: 'project.toml', dependencies: {}, ...more }
}

const parent = { alias: 'RUN', image: 'run', reference: 'r/run:v1@sha256:1', images: [] }

test.each<readonly [string, Partial<BuildpacksArtifact>, string]>([
  ['nothing else', {}, ''],
  ['a run image', { runImage: 'run:1' }, '--run-image run:1'],
  ['a run image of the project', { runImage: 'RUN' }, '--run-image r/run:v1@sha256:1'],
  ['a builder of the project', { builder: 'run' }, '--builder r/run:v1@sha256:1'],
  ['environment', { env: ['A=1', 'B=2'] }, '--env A=1 --env B=2'],
  ['buildpacks', { buildpacks: ['a', 'b@1'] }, '--buildpack a --buildpack b@1'],
  ['a builder that is trusted', { trustBuilder: true, clearCache: true }, '--trust-builder --clear-cache'],
  ['further arguments', { buildArgs: ['--network', 'host'] }, '--network host'],
  ['an image that Docker alone has', { builder: 'LOCAL' }, '--builder local:v1 --pull-policy if-not-present'],
  [
    'volumes',
    {
      volumes: [
        { host: '/h', target: '/t' },
        { host: '/i', target: '/u', options: 'ro' },
      ],
    },
    '--volume /h:/t --volume /i:/u:ro',
  ],
])('arguments of pack: %s', (_, more, expected) => {
  const platform = { os: 'linux', architecture: 'arm64' }
  const parents = [parent, { alias: 'LOCAL', image: 'local', reference: 'local:v1', images: [] }]
  const settings = buildpacks(more)
  const isLocal = usesLocalImage(settings, parents)
  const job = { buildpacks: settings, contextFolder: '/ctx', platform, tag: 'TAG', parents, isLocal }
  const line = packArguments(job).join(' ')
  expect(line).toMatch(/^build TAG --path \/ctx --platform linux\/arm64 --builder \S+ .*--no-color$/)
  expect(line).toContain(expected)
})

test('registries that need no TLS are named to pack, when its images come from them', () => {
  const trust = { insecureRegistries: ['r.example.com', 'other.example.com'] }
  const settings = buildpacks({ builder: 'r.example.com/builder:1', runImage: 'localhost:5000/run' })
  const insecureRegistries = insecureRegistriesOf(settings, trust)
  const platform = { os: 'linux', architecture: 'arm64' }
  const job = { buildpacks: settings, contextFolder: '/ctx', platform, tag: 'TAG', insecureRegistries }
  expect(packArguments(job).join(' ')).toContain('--insecure-registry r.example.com --no-color')
  expect(insecureRegistriesOf(settings, { insecureRegistries: [], all: 'http' })).toEqual(['r.example.com'])
  expect(insecureRegistriesOf(buildpacks(), trust)).toEqual([])
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

  /** pack makes what the test says; docker saves it. */
  async function programsFor(architecture: string): Promise<FakePrograms> {
    const archive = join(bench.workFolder, 'saved.tar')
    await writeDockerArchive(archive, architecture)
    return fakePrograms({
      pack: 'console.log("===> BUILDING")',
      docker: `if (args[0] === 'save') fs.copyFileSync(${JSON.stringify(archive)}, args[args.indexOf('--output') + 1])`,
    })
  }

  function builder(): ReturnType<typeof createPackBuilder> {
    const { context, workFolder } = bench
    return createPackBuilder({
      runProcess,
      env: programs.env,
      cwd: context,
      workFolder,
      trust: { insecureRegistries: [] },
    })
  }

  test('the image is taken out of Docker again, its layers compressed', async () => {
    programs = await programsFor('arm64')
    await writeFile(join(bench.context, 'project.toml'), '')
    const result = await builder().build(bench.request(buildpacks(), 'linux/arm64'))
    const image = result.kind === 'images' ? result.images[0] : undefined
    expect(image?.platform).toEqual({ os: 'linux', architecture: 'arm64' })
    expect(image?.manifest.layers[0]?.mediaType).toBe('application/vnd.oci.image.layer.v1.tar+gzip')
    const [layer] = image?.layers ?? []
    if (layer === undefined) throw new Error('no layer')
    expect((await gather(layer.open())).length).toBe(layer.descriptor.size)
    const calls = (await programs.calls()).map(({ name, args }) => [name, args[0]])
    expect(calls).toEqual([
      ['pack', 'build'],
      ['docker', 'save'],
    ])
    // the next build finds what this one has left in Docker under the same name
    expect((await programs.calls())[0]?.args[1]).toBe('catamaran.invalid/registry.example.com/team/app:linux_arm64')
    expect((await programs.calls())[0]?.args).toContain(join(bench.context, 'project.toml'))
    expect(bench.events).toContainEqual({
      type: 'buildOutput',
      image: 'app',
      platform: 'linux/arm64',
      text: '===> BUILDING',
    })
  })

  test('an image for another platform than was asked for is never taken', async () => {
    programs = await programsFor('amd64')
    await expect(builder().build(bench.request(buildpacks(), 'linux/arm64'))).rejects.toMatchObject({
      code: 'BUILD_RESULT_INVALID',
      message: 'builder builder:1 was asked for linux/arm64 and made an image for linux/amd64',
      hint: 'build for linux/amd64 only, with --platform or the platforms of the artifact',
    })
  })

  test('pack is named when it is missing', async () => {
    programs = await fakePrograms({})
    await expect(builder().build(bench.request(buildpacks(), 'linux/amd64'))).rejects.toMatchObject({
      code: 'BUILD_TOOL_MISSING',
      hint: 'install pack (https://buildpacks.io/docs/tools/pack)',
    })
  })
})
