import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { aDirectory, aFile, aLink, gather } from '../../../../test/support/layers.ts'
import { aProject, linesOf, textIn, type ContextEntry, type Project } from '../../../../test/support/native-build.ts'
import { digestOf, mediaTypes } from '../../../image/index.ts'
import { createLayer, type LayerEntry } from '../../../layer/index.ts'

const projects: Project[] = []
afterEach(async () => {
  await Promise.all(projects.splice(0).map(async (made) => made.close()))
})

async function project(dockerfile: string, files: Readonly<Record<string, ContextEntry>> = {}): Promise<Project> {
  const made = await aProject({ ...files, Dockerfile: dockerfile })
  projects.push(made)
  return made
}

async function tar(entries: readonly LayerEntry[], mediaType: string = mediaTypes.oci.layer): Promise<Uint8Array> {
  return gather((await createLayer(entries, { mediaType })).open())
}

/** Made by tar and xz 5.4: a folder, a file in it and a link, of user 7 and group 8. */
const xzArchive = Buffer.from(
  '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4Av/AG5dADILvBunjDRE4YMiugDl7C754qfMEyDP5as1uODB5koBo8jZbWPZuOtwtPy4pCYvHFoYXWlNDI2dWpGFknKyEyNyO84Ssa3/rGZJMeigm9OkEQEl9tx/mLpUD1DPebi1lETv+liYJ6FH6gROIs4AAAAAwHIgYtks1AEAAYoBgBgAACCOcr6xxGf7AgAAAAAEWVo=',
  'base64',
)
/** The same, by bzip2 1.0. */
const bzip2Archive = Buffer.from(
  'QlpoOTFBWSZTWfnmLVoAAJF7kPuAAFBAAP+AAAPlJl5ABEAACCAAig2oiTaRoD1DQxHqZPUEkoAAABohhNiZmK3wnxuVUm1e5JIj2ngO72nODWFCA5aiTIHhAyD4sn4UyQhmQjZ28aDRMCiiTntWMBo8vI6gr8lNnjHb6JOzBQ0K1pmtDUleaFCwqVKrK+4S/i7kinChIfPMWrQ=',
  'base64',
)
const xzText = Buffer.from(
  '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4AAQAA9dADQZSe6N6RfQtBcuzQAAAAAAMyAcXrGximcAASsRsGhGPB+2830BAAAAAARZWg==',
  'base64',
)
/** With a checksum that only the full library verifies. */
const xzSha256 = Buffer.from(
  '/Td6WFoAAArh+wyhAgAhARwAAAAQz1jM4AAQAA9dADQZSe6N6RfQtBcuzQAAAAAAYjcTyU8c+eIZ0WqtGfoysfQg9o6VZPnLh57czWZtLSQAAUMRH4likRibS5oBAAAAAApZWg==',
  'base64',
)

const owned = { uid: 7, gid: 8, mtimeSeconds: 9 }

describe('local archives', () => {
  test.each([
    ['tar', mediaTypes.oci.layer],
    ['tar.gz under another name', mediaTypes.oci.layerGzip],
  ])('%s are unpacked', async (_, mediaType) => {
    const arc = await tar(
      [aDirectory('d', { ...owned, mode: 0o711 }), aFile('d/f', 'x', owned), aLink('l', 'd/f')],
      mediaType,
    )
    const image = await (await project('FROM scratch\nADD data /t\n', { data: arc })).build()
    expect(await linesOf(image.layers[0])).toEqual([
      'd 0755 0:0 0 0 t',
      'd 0711 7:8 9 0 t/d',
      'f 0644 7:8 9 1 t/d/f',
      'l 0777 0:0 0 0 t/l -> d/f',
    ])
  })

  test.each([
    ['xz', xzArchive],
    ['bzip2', bzip2Archive],
  ])('that %s compressed are unpacked; what is no archive is copied', async (_, data) => {
    const made = await project('FROM scratch\nADD data text.xz /t/\n', { data, 'text.xz': xzText })
    expect(await linesOf((await made.build()).layers[0])).toEqual([
      'd 0755 0:0 0 0 t',
      'd 0711 7:8 9 0 t/d',
      'f 0644 7:8 9 1 t/d/f',
      'l 0777 7:8 9 0 t/l -> d/f',
      `f 0644 0:0 0 ${xzText.length} t/text.xz`,
    ])
  })

  test.each([
    ['xz', xzArchive.subarray(0, -4)],
    ['bzip2', bzip2Archive.subarray(0, -4)],
  ])('whose %s data is cut off fail the build, with their name', async (_, data) => {
    const made = await project('FROM scratch\nADD some.* /\n', { 'some.data': data })
    await expect(made.build()).rejects.toMatchObject({
      code: 'LAYER_INVALID',
      message: expect.stringMatching(/some\.data .* ends too early/) as string,
    })
  })

  test('--unpack=false leaves them as they are', async () => {
    const arc = await tar([aFile('f', 'x')])
    const image = await (await project('FROM scratch\nADD --unpack=false arc.tar /\n', { 'arc.tar': arc })).build()
    expect(await linesOf(image.layers[0])).toEqual([`f 0644 0:0 0 ${arc.length} arc.tar`])
  })

  test('COPY leaves them as they are', async () => {
    const arc = await tar([aFile('f', 'x')])
    const image = await (await project('FROM scratch\nCOPY arc.tar /\n', { 'arc.tar': arc })).build()
    expect(await linesOf(image.layers[0])).toEqual([`f 0644 0:0 0 ${arc.length} arc.tar`])
  })

  test('files, links and folders that are there give way', async () => {
    const arc = await tar([
      aDirectory('a', { mode: 0o700 }),
      aFile('b', 'new'),
      aFile('c', 'file'),
      aFile('h1', 'h'),
      aLink('h2', 'h1', 'hardlink'),
    ])
    const image = await (
      await project('FROM scratch\nCOPY old /\nADD arc.tar /\n', {
        'arc.tar': arc,
        'old/a/keep': 'k',
        'old/b': { linkTo: 'a' },
        'old/c/gone': 'g',
      })
    ).build()
    expect(await linesOf(image.layers[1])).toEqual([
      'd 0700 0:0 0 0 a',
      'f 0644 0:0 0 3 b',
      'f 0644 0:0 0 4 c',
      'f 0644 0:0 0 1 h1',
      'h 0644 0:0 0 0 h2 -> h1',
    ])
  })

  test('links inside lead nowhere outside the destination', async () => {
    const arc = await tar([aLink('out', '/'), aFile('out/f', 'x')])
    const image = await (await project('FROM scratch\nADD arc.tar /t/\n', { 'arc.tar': arc })).build()
    expect(await linesOf(image.layers[0])).toContain('f 0644 0:0 0 1 t/f')
  })

  test('with an xz checksum that is not verified are refused, with a way out', async () => {
    const made = await project('FROM scratch\nADD data /\n', { data: xzSha256 })
    await expect(made.build()).rejects.toMatchObject({
      code: 'BUILD_ARCHIVE_UNSUPPORTED',
      where: 'Dockerfile:2',
      message: expect.stringContaining('xz') as string,
      hint: expect.stringContaining('COPY') as string,
    })
  })
})

describe('URLs', () => {
  let server: Server
  let origin: string
  const asked: string[] = []

  beforeAll(async () => {
    const archive = await tar([aFile('f', 'x', owned)], mediaTypes.oci.layerGzip)
    server = createServer((req, res) => {
      asked.push(req.url ?? '')
      if (req.url === '/dir/file.txt?v=1') res.end('content')
      else if (req.url === '/arc.tgz') res.end(archive)
      else if (req.url === '/moved') res.writeHead(302, { location: '/dir/file.txt?v=1' }).end()
      else if (req.url === '/circle') res.writeHead(302, { location: '/circle' }).end()
      else res.writeHead(404).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  test.each<[string, string, string[]]>([
    [
      'goes into a folder under its name',
      'ADD ORIGIN/dir/file.txt?v=1 /d/',
      ['d 0755 0:0 0 0 d', 'f 0600 0:0 0 7 d/file.txt'],
    ],
    ['goes to a path', 'ADD ORIGIN/dir/file.txt?v=1 /x', ['f 0600 0:0 0 7 x']],
    ['is followed where it has moved', 'ADD ORIGIN/moved /d/', ['d 0755 0:0 0 0 d', 'f 0600 0:0 0 7 d/moved']],
    ['takes --chmod and --chown', 'ADD --chmod=755 --chown=1:2 ORIGIN/moved /x', ['f 0755 1:2 0 7 x']],
    ['is unpacked with --unpack', 'ADD --unpack=true ORIGIN/arc.tgz /', ['f 0644 7:8 9 1 f']],
    [
      'has the digest of --checksum',
      `ADD --checksum=${digestOf(Buffer.from('content'))} ORIGIN/moved /x`,
      ['f 0600 0:0 0 7 x'],
    ],
  ])('a file %s', async (_, instruction, expected) => {
    const image = await (await project(`FROM scratch\n${instruction.replace('ORIGIN', origin)}\n`)).build()
    expect(await linesOf(image.layers[0])).toEqual(expected)
  })

  test('an archive is not unpacked unless it is asked for', async () => {
    const image = await (await project(`FROM scratch\nADD ${origin}/arc.tgz /\n`)).build()
    expect(await linesOf(image.layers[0])).toEqual([expect.stringMatching(/^f 0600 0:0 0 \d+ arc.tgz$/)])
  })

  test('with a checksum it is fetched once for all platforms', async () => {
    const made = await project(
      `FROM scratch\nADD --checksum=${digestOf(Buffer.from('content'))} ${origin}/dir/file.txt?v=1 /x\n`,
    )
    asked.splice(0)
    const first = await made.build()
    const second = await made.build({ platform: 'linux/arm64' })
    expect(asked).toEqual(['/dir/file.txt?v=1'])
    expect(second.layers[0]).toBe(first.layers[0])
    expect(await textIn(second, 'x')).toBe('content')
  })

  test.each([
    ['/nope', 'BUILD_DOWNLOAD_FAILED', '404', ''],
    ['/circle', 'BUILD_DOWNLOAD_FAILED', 'redirects', ''],
    [
      '/moved',
      'BUILD_CHECKSUM_MISMATCH',
      digestOf(Buffer.from('content')),
      `--checksum=${digestOf(Buffer.from('other'))} `,
    ],
  ])('%s fails with %s', async (path, code, part, flags) => {
    const made = await project(`FROM scratch\nADD ${flags}${origin}${path} /x\n`)
    await expect(made.build()).rejects.toMatchObject({
      code,
      where: 'Dockerfile:2',
      message: expect.stringContaining(part) as string,
    })
  })

  test.each([
    [`ADD --checksum=${digestOf(Buffer.from(''))} a /x`],
    ['ADD --checksum=sha256:12 http://127.0.0.1:1/a /x'],
    ['COPY http://127.0.0.1:1/a /x'],
    ['ADD --chmod=9 a /x'],
  ])('%s is a mistake', async (instruction) => {
    const made = await project(`FROM scratch\n${instruction}\n`, { a: 'x' })
    await expect(made.build()).rejects.toMatchObject({ code: 'DOCKERFILE_INVALID', where: 'Dockerfile:2' })
  })
})
