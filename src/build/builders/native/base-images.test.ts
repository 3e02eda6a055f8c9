import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { aDirectory, aFile, aLink, pieces } from '../../../../test/support/layers.ts'
import {
  aBaseImage,
  aProject,
  aStockedRegistry,
  linesOf,
  textIn,
  type Project,
  type StockedRegistry,
} from '../../../../test/support/native-build.ts'
import { validateImage, type ContainerConfig, type Image } from '../../../image/index.ts'
import { openLayout } from '../../../layout/index.ts'
import { absoluteName } from './image-store.ts'

let stocked: StockedRegistry
/** linux/amd64 and linux/arm64. */
let base: string
let withTriggers: string
let dockerType: string
const projects: Project[] = []

const entries = [
  aDirectory('app', { mode: 0o750, uid: 3, gid: 4 }),
  aFile('app/keep', 'base'),
  aDirectory('etc'),
  aFile('etc/group', 'staff:x:50:\n'),
  aFile('etc/passwd', 'web:x:101:102::/:/bin/sh\n'),
  aLink('lib', 'usr/lib'),
  aDirectory('usr/lib'),
].map((entry) => ({ ...entry, mtimeSeconds: 1_600_000_000 }))

async function baseOf(architecture: string, config: ContainerConfig = {}): Promise<Image> {
  const all = [...entries, aFile('arch', architecture)]
  return aBaseImage(all, { architecture, created: '2024-01-01T00:00:00Z', author: 'them', config })
}

beforeAll(async () => {
  stocked = await aStockedRegistry()
  const config = {
    Env: ['LANG=C'],
    Cmd: ['run'],
    Entrypoint: ['/e'],
    Labels: { base: '1' },
    WorkingDir: '/app',
    User: 'web',
  }
  base = await stocked.stock('base', [await baseOf('amd64', config), await baseOf('arm64', config)])
  withTriggers = await stocked.stock('triggers', [await baseOf('amd64', { OnBuild: ['COPY own /own', 'ENV T=1'] })])
  dockerType = await stocked.stock('docker', [await aBaseImage(entries, { architecture: 'amd64' }, 'docker')])
})
afterAll(async () => stocked.close())
afterEach(async () => {
  await Promise.all(projects.splice(0).map(async (made) => made.close()))
})

async function project(dockerfile: string, files: Readonly<Record<string, string>> = {}): Promise<Project> {
  const made = await aProject({ a: 'x', ...files, Dockerfile: dockerfile }, { registry: stocked.registry })
  projects.push(made)
  return made
}

describe('FROM an image', () => {
  test('takes the one for the platform, its configuration and its layers', async () => {
    const made = await project(`FROM ${base}\nENV A=1\nLABEL own=2\nUSER 0\n`)
    const image = await made.build({ platform: 'linux/arm64' })
    expect(image.platform).toEqual({ os: 'linux', architecture: 'arm64' })
    expect(await textIn(image, 'arch')).toBe('arm64')
    expect(image.config.config).toEqual({
      Env: ['LANG=C', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'A=1'],
      Cmd: ['run'],
      Entrypoint: ['/e'],
      Labels: { base: '1', own: '2' },
      WorkingDir: '/app',
      User: '0',
    })
    expect(image.config).toMatchObject({ author: 'them', created: '1970-01-01T00:00:00Z' })
    expect(image.config.history?.map((entry) => entry.created_by)).toEqual(['base', 'ENV A=1', 'LABEL own=2', 'USER 0'])
    expect(validateImage(image)).toEqual([])
  })

  test('its layers can be mounted from where they are, and are not fetched when nobody looks inside', async () => {
    const fetched: string[] = []
    const registry = {
      ...stocked.registry,
      getBlob: (...args: Parameters<typeof stocked.registry.getBlob>) => {
        fetched.push(args[1].mediaType)
        return stocked.registry.getBlob(...args)
      },
    }
    const made = await aProject(
      { a: 'x', Dockerfile: `FROM ${base}\nENV A=1\nCOPY --link a /x/\nENTRYPOINT ["/x/a"]\n` },
      { registry },
    )
    projects.push(made)
    const image = await made.build()
    expect(fetched).toEqual(['application/vnd.oci.image.config.v1+json'])
    expect(image.layers[0]?.knownIn).toEqual({ registry: stocked.host, repository: 'base' })
    await made.write({ Dockerfile: `FROM ${base}\nCOPY a /x/\n` })
    await made.build()
    expect(fetched).toHaveLength(2)
    await made.write({ Dockerfile: `FROM ${base}\nCOPY a /y/\n` })
    await made.build()
    expect(fetched).toHaveLength(2)
  })

  test('what it has decides where and how files go', async () => {
    const made = await project(`FROM ${base}\nCOPY --chown=web:staff a new/deep/\nCOPY a /lib/\nWORKDIR sub\n`)
    const image = await made.build()
    expect(await Promise.all(image.layers.slice(1).map(async (layer) => linesOf(layer)))).toEqual([
      [
        'd 0750 3:4 1600000000 0 app',
        'd 0755 101:50 0 0 app/new',
        'd 0755 101:50 0 0 app/new/deep',
        'f 0644 101:50 0 1 app/new/deep/a',
      ],
      ['d 0755 0:0 0 0 usr', 'd 0755 0:0 1600000000 0 usr/lib', 'f 0644 0:0 0 1 usr/lib/a'],
      ['d 0750 3:4 1600000000 0 app', 'd 0755 101:102 0 0 app/sub'],
    ])
    expect(image.config.config?.WorkingDir).toBe('/app/sub')
  })

  test('its ONBUILD is done after FROM and is not handed on', async () => {
    const made = await project(`FROM ${withTriggers} AS s\nENV U=$T\nFROM s\n`, { own: 'mine' })
    const image = await made.build()
    expect(await textIn(image, 'own')).toBe('mine')
    expect(image.config.config?.Env).toEqual(expect.arrayContaining(['T=1', 'U=1']))
    expect(image.config.config?.OnBuild).toBeUndefined()
    expect(image.config.history?.map((entry) => entry.created_by)).toEqual([
      'base',
      'COPY own /own # buildkit',
      'ENV T=1',
      'ENV U=1',
    ])
  })

  test('a source that its ONBUILD wants names the FROM', async () => {
    const made = await project(`FROM scratch\nFROM ${withTriggers}\n`)
    await expect(made.build()).rejects.toMatchObject({ code: 'BUILD_SOURCE_MISSING', where: 'Dockerfile:2' })
  })

  test("with Docker's media types gives an image with Docker's media types", async () => {
    const image = await (await project(`FROM ${dockerType}\nCOPY a /a\n`)).build()
    expect([image.manifest.mediaType, ...image.manifest.layers.map(({ mediaType }) => mediaType)]).toEqual([
      'application/vnd.docker.distribution.manifest.v2+json',
      'application/vnd.docker.image.rootfs.diff.tar.gzip',
      'application/vnd.docker.image.rootfs.diff.tar.gzip',
    ])
  })

  test('that is not there for the platform says for which it is', async () => {
    const made = await project(`FROM ${base}\n`)
    await expect(made.build({ platform: 'linux/s390x' })).rejects.toMatchObject({
      code: 'PLATFORM_NOT_OFFERED',
      where: 'Dockerfile:1',
      message: expect.stringContaining('linux/amd64, linux/arm64') as string,
    })
  })

  test('that has one platform alone, another one', async () => {
    const made = await project(`FROM ${dockerType}\n`)
    await expect(made.build({ platform: 'linux/arm64' })).rejects.toMatchObject({ code: 'PLATFORM_NOT_OFFERED' })
  })

  test('that does not exist names the line, and is asked for again', async () => {
    const made = await project(`FROM ${stocked.host}/late:1\n`)
    await expect(made.build()).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN', where: 'Dockerfile:1' })
    await stocked.stock('late', [await baseOf('amd64')])
    await expect(made.build()).resolves.toBeDefined()
  })

  test('can be looked into after the build that found it was interrupted', async () => {
    const made = await project(`FROM ${base}\n`)
    const first = new AbortController()
    await made.build({ signal: first.signal })
    first.abort()
    await made.write({ Dockerfile: `FROM ${base}\nCOPY a /app/\n` })
    expect(await linesOf((await made.build()).layers[1])).toContain('d 0750 3:4 1600000000 0 app')
  })

  test('--platform=$BUILDPLATFORM in the last stage is warned about', async () => {
    const made = await project(`FROM --platform=$BUILDPLATFORM ${base}\n`)
    const image = await made.build({ platform: 'linux/arm64' })
    expect(image.platform.architecture).toBe('arm64')
    expect(made.events).toEqual([
      expect.objectContaining({
        type: 'warning',
        text: expect.stringMatching(/^Dockerfile:1: .*linux\/arm64.*linux\/amd64/) as string,
      }),
    ])
  })
})

describe('COPY --from', () => {
  test('an image keeps owner, mode and time, and takes the platform of the build', async () => {
    const made = await project(`FROM scratch\nCOPY --from=${base} /app /app\nCOPY --from=${base} /arch /lib /\n`)
    const image = await made.build({ platform: 'linux/arm64' })
    expect(await linesOf(image.layers[0])).toEqual(['d 0755 0:0 1600000000 0 app', 'f 0644 0:0 1600000000 4 app/keep'])
    expect(await textIn(image, 'arch')).toBe('arm64')
  })

  test('a stage by number, a stage by name and files that other stages made', async () => {
    const made = await project(
      'FROM scratch AS one\nCOPY a /d/a\nFROM scratch\nCOPY --from=0 /d /x\nFROM scratch\nCOPY --from=ONE /d/a /y\nCOPY --from=1 /x/a /z\n',
    )
    const image = await made.build()
    expect([await textIn(image, 'y'), await textIn(image, 'z')]).toEqual(['x', 'x'])
  })

  test('no time is later than SOURCE_DATE_EPOCH', async () => {
    const made = await project(`FROM scratch\nCOPY --from=${base} /app/keep /keep\n`)
    const image = await made.build({ buildArgs: { SOURCE_DATE_EPOCH: '5' } })
    expect(await linesOf(image.layers[0])).toEqual(['f 0644 0:0 5 4 keep'])
  })

  test('what the stage does not have is named with the stage', async () => {
    const made = await project('FROM scratch AS one\nFROM scratch\nCOPY --from=one /nope /\n')
    await expect(made.build()).rejects.toMatchObject({
      code: 'BUILD_SOURCE_MISSING',
      where: 'Dockerfile:3',
      message: expect.stringContaining('"one"') as string,
    })
  })

  test('the stages of another target are not looked at', async () => {
    const made = await project(`FROM ${stocked.host}/none:1 AS x\nRUN make\nFROM scratch AS y\nCOPY a /\nFROM x\n`)
    await expect(made.build({ target: 'y' })).resolves.toBeDefined()
    await expect(made.build()).rejects.toMatchObject({ code: 'DOCKERFILE_NEEDS_RUN', where: 'Dockerfile:2' })
  })
})

describe('an OCI layout', () => {
  /** Writes images into `folder/base` under the names given. */
  async function writeLayout(
    folder: string,
    images: readonly (readonly [name: string, image: Image])[],
  ): Promise<void> {
    const layout = await openLayout(join(folder, 'base'), { create: true })
    for (const [name, image] of images) {
      const bytes = image.rawConfig
      for (const layer of image.layers) await layout.putBlob(layer)
      await layout.putBlob({ descriptor: image.manifest.config, open: () => pieces(bytes) })
      await layout.putManifest({ descriptor: image.descriptor, bytes: image.rawManifest })
      await layout.setRef(name, image.descriptor)
    }
  }

  test.each([
    ['oci:./base:arm', 'linux/arm64', 'arm64'],
    ['oci:./base:amd', 'linux/amd64', 'amd64'],
    ['oci:./base', 'linux/arm64', 'arm64'],
    ['oci-layout://./base:amd', 'linux/amd64', 'amd64'],
    ['oci-layout://./base@DIGEST', 'linux/arm64', 'arm64'],
  ])('FROM and COPY --from %s', async (name, platform, architecture) => {
    const images = [['amd', await baseOf('amd64')] as const, ['arm', await baseOf('arm64')] as const]
    const from = name.replace('DIGEST', images[1]?.[1].descriptor.digest ?? '')
    const made = await project(`FROM ${from}\nCOPY --from=${from} /arch /copied\n`)
    await writeLayout(made.folder, images)
    const image = await made.build({ platform })
    expect([await textIn(image, 'arch'), await textIn(image, 'copied')]).toEqual([architecture, architecture])
    expect(image.layers[0]?.knownIn).toBeUndefined()
  })

  test('with one image needs no name', async () => {
    const made = await project('FROM oci:./base\n')
    await writeLayout(made.folder, [['any', await baseOf('amd64')]])
    expect((await made.build()).layers).toHaveLength(1)
    await expect(made.build({ platform: 'linux/arm64' })).rejects.toMatchObject({ code: 'PLATFORM_NOT_OFFERED' })
  })

  test('that does not have the name, or is none', async () => {
    const made = await project('FROM oci:./base:other\n')
    await expect(made.build()).rejects.toMatchObject({ code: 'LAYOUT_INVALID', where: 'Dockerfile:1' })
    await writeLayout(made.folder, [['any', await baseOf('amd64')]])
    await expect(made.build()).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN', where: 'Dockerfile:1' })
  })

  test.each([
    ['oci:./a:1', 'oci:/x/a:1'],
    ['oci:../a', 'oci:/a'],
    ['oci-layout:///a/b:1', 'oci:/a/b:1'],
    ['oci:latest', 'oci:latest'],
    ['oci', 'oci'],
    ['registry.example.com/oci:1', 'registry.example.com/oci:1'],
  ])('of %s in /x is %s', (name, absolute) => {
    expect(absoluteName(name, '/x')).toBe(absolute)
  })
})
