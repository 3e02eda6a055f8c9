import { chmod, symlink, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { aFile, gather } from '../../../../test/support/layers.ts'
import { aProject, linesOf, textIn, type ContextEntry, type Project } from '../../../../test/support/native-build.ts'
import { tinyElf } from '../../../../test/support/tiny-elf.ts'
import { mediaTypes, validateImage, type Image } from '../../../image/index.ts'
import { createLayer } from '../../../layer/index.ts'

const projects: Project[] = []

/** A project that is removed after the test. */
async function project(...parts: Parameters<typeof aProject>): Promise<Project> {
  const made = await aProject(...parts)
  projects.push(made)
  return made
}

afterEach(async () => {
  await Promise.all(projects.splice(0).map(async (made) => made.close()))
})

/** Builds one Dockerfile for linux/amd64. */
async function build(dockerfile: string, files: Readonly<Record<string, ContextEntry>> = {}): Promise<Image> {
  return (await project({ ...files, Dockerfile: dockerfile })).build()
}

/** Paths with kind, mode and owner of the only layer. */
async function layerOf(dockerfile: string, files: Readonly<Record<string, ContextEntry>> = {}): Promise<string[]> {
  const image = await build(dockerfile, files)
  expect(image.layers).toHaveLength(1)
  return (await linesOf(image.layers[0])).map((line) => line.replace(/^(\S+ \S+ \S+) \d+ \d+ /, '$1 '))
}

const tree = { 'a/x.txt': 'x', 'a/y.md': 'y', 'a/b/z.txt': 'z', 'a/b/w.md': 'w' }

describe('two platforms of one project', () => {
  const mixed = {
    Dockerfile:
      'FROM scratch\nARG TARGETARCH\nCOPY bin/$TARGETARCH /server\nCOPY site/ /site/\nENTRYPOINT ["/server"]\n',
    'bin/amd64': { text: tinyElf({ architecture: 'amd64', afterwards: 'sleep' }), mode: 0o755 },
    'bin/arm64': { text: tinyElf({ architecture: 'arm64', afterwards: 'sleep' }), mode: 0o755 },
    'site/index.html': 'hello',
  }

  test('share the layers that are the same, and those alone', async () => {
    const made = await project(mixed)
    const [amd64, arm64] = await Promise.all([made.build(), made.build({ platform: 'linux/arm64' })])
    expect(amd64.platform).toEqual({ os: 'linux', architecture: 'amd64' })
    expect(arm64.platform).toEqual({ os: 'linux', architecture: 'arm64' })
    expect(amd64.layers[1]).toBe(arm64.layers[1])
    expect(amd64.layers[0]?.diffId).not.toBe(arm64.layers[0]?.diffId)
    expect(validateImage(amd64)).toEqual([])
  })

  test('a second build makes nothing again; a change makes its layer and no other', async () => {
    const made = await project(mixed)
    const first = await made.build()
    const second = await made.build()
    expect(second.descriptor.digest).toBe(first.descriptor.digest)
    expect(second.layers).toEqual(first.layers)
    await made.write({ 'site/index.html': 'hullo' })
    const third = await made.build()
    expect(third.layers[0]).toBe(first.layers[0])
    expect(third.layers[1]?.diffId).not.toBe(first.layers[1]?.diffId)
    await made.write({ 'site/index.html': 'hello' })
    expect((await made.build()).descriptor.digest).toBe(first.descriptor.digest)
  })

  test('the instructions that make layers are told of', async () => {
    const made = await project(mixed)
    await made.build({ platform: 'linux/arm64' })
    expect(made.events).toEqual([
      { type: 'buildOutput', image: 'app', platform: 'linux/arm64', text: 'COPY bin/arm64 /server' },
      { type: 'buildOutput', image: 'app', platform: 'linux/arm64', text: 'COPY site/ /site/' },
    ])
  })
})

describe('equal files give equal bytes', () => {
  const dockerfile = 'FROM scratch\nWORKDIR /app\nCOPY . .\nCOPY --chown=5:6 a/ /b/\nADD arc.tar /c/\nLABEL z=1 a=2\n'

  test('on another day, in another order, with another umask', async () => {
    const arc = await gather((await createLayer([aFile('f', 'x')], { mediaType: mediaTypes.oci.layer })).open())
    const files: Record<string, ContextEntry> = {
      ...tree,
      'arc.tar': arc,
      Dockerfile: dockerfile,
      ln: { linkTo: 'a/x.txt' },
    }
    const first = await (await project(files)).build()
    const umask = process.umask(0o077)
    try {
      const other = await project(Object.fromEntries(Object.entries(files).reverse()))
      await Promise.all(['a', 'a/b'].map(async (folder) => chmod(join(other.folder, folder), 0o755)))
      await utimes(join(other.folder, 'a/x.txt'), 1, 1)
      const second = await other.build()
      expect(second.descriptor.digest).toBe(first.descriptor.digest)
    } finally {
      process.umask(umask)
    }
  })

  test('another level of compression gives another digest of the same files', async () => {
    const files = { Dockerfile: 'FROM scratch\nCOPY a /a\n', a: 'hello '.repeat(1000) }
    const [fast, small] = [await project(files), await project(files, { compressionLevel: 9 })]
    const [one, other] = [(await fast.build()).layers[0], (await small.build()).layers[0]]
    expect(other?.diffId).toBe(one?.diffId)
    expect(other?.descriptor.size).toBeLessThan(one?.descriptor.size ?? 0)
  })

  test('the digest is this one on every machine and version of Node', async () => {
    const image = await build('FROM scratch\nCOPY a /a\nCMD ["x"]\n', { a: 'hello\n' })
    expect(image.descriptor.digest).toMatchInlineSnapshot(
      `"sha256:f23119f9901651d2c7467122fcde53f38bc0c60f03c76310c8765ae468d1be71"`,
    )
  })

  test.each<[string, Record<string, string>, Record<string, string>]>([
    ['in the environment', { SOURCE_DATE_EPOCH: '1700000000' }, {}],
    ['as a build argument, which wins', { SOURCE_DATE_EPOCH: '1' }, { SOURCE_DATE_EPOCH: '1700000000' }],
  ])('SOURCE_DATE_EPOCH %s is the time of everything', async (_, env, buildArgs) => {
    const made = await project({ a: 'x', Dockerfile: 'FROM scratch\nCOPY a /d/a\n' }, { env })
    const image = await made.build({ buildArgs })
    expect(await linesOf(image.layers[0])).toEqual(['d 0755 0:0 1700000000 0 d', 'f 0644 0:0 1700000000 1 d/a'])
    expect(image.config.created).toBe('2023-11-14T22:13:20Z')
    expect(image.config.history?.map(({ created }) => created)).toEqual(['2023-11-14T22:13:20Z'])
  })

  test('a SOURCE_DATE_EPOCH that is no number is refused', async () => {
    const made = await project({ Dockerfile: 'FROM scratch\n' }, { env: { SOURCE_DATE_EPOCH: 'yesterday' } })
    await expect(made.build()).rejects.toMatchObject({ code: 'USAGE' })
  })
})

describe('COPY', () => {
  test.each<[string, string, string[]]>([
    [
      '--chmod with letters',
      'COPY --chmod=u=rwX,go=rX a /d',
      [
        'd 0755 0:0 d',
        'd 0755 0:0 d/b',
        'f 0644 0:0 d/b/w.md',
        'f 0644 0:0 d/b/z.txt',
        'f 0644 0:0 d/x.txt',
        'f 0644 0:0 d/y.md',
      ],
    ],
    [
      '--exclude of files',
      'COPY --exclude=**/*.md a /d',
      ['d 0755 0:0 d', 'd 0755 0:0 d/b', 'f 0644 0:0 d/b/z.txt', 'f 0644 0:0 d/x.txt'],
    ],
    ['--exclude of a folder', 'COPY --exclude=b a /d', ['d 0755 0:0 d', 'f 0644 0:0 d/x.txt', 'f 0644 0:0 d/y.md']],
    [
      '--exclude with an exception',
      'COPY --exclude=* --exclude=!b a /d',
      ['d 0755 0:0 d', 'd 0755 0:0 d/b', 'f 0644 0:0 d/b/w.md', 'f 0644 0:0 d/b/z.txt'],
    ],
    [
      '--exclude of what a wildcard matches',
      'COPY --exclude=*.md a/* /d/',
      ['d 0755 0:0 d', 'f 0644 0:0 d/x.txt', 'f 0644 0:0 d/z.txt'],
    ],
    [
      '--parents',
      'COPY --parents a/b/z.txt a/x.txt /d/',
      ['d 0755 0:0 d', 'd 0755 0:0 d/a', 'd 0755 0:0 d/a/b', 'f 0644 0:0 d/a/b/z.txt', 'f 0644 0:0 d/a/x.txt'],
    ],
    [
      '--parents with a pivot',
      'COPY --parents a/./b/z.txt /d/',
      ['d 0755 0:0 d', 'd 0755 0:0 d/b', 'f 0644 0:0 d/b/z.txt'],
    ],
    [
      '--parents with **',
      'COPY --parents **/*.md /d/',
      ['d 0755 0:0 d', 'd 0755 0:0 d/a', 'd 0755 0:0 d/a/b', 'f 0644 0:0 d/a/b/w.md', 'f 0644 0:0 d/a/y.md'],
    ],
    ['--chown with a number alone is the group too', 'COPY --chown=7 a/x.txt /x', ['f 0644 7:7 x']],
    ['--chown with a group that is empty has the group root', 'COPY --chown=7: a/x.txt /x', ['f 0644 7:0 x']],
    ['a file into the working directory', 'WORKDIR /\nCOPY a/x.txt .', ['f 0644 0:0 x.txt']],
    ['a class in a wildcard', 'COPY a/[x-z].* /d/', ['d 0755 0:0 d', 'f 0644 0:0 d/x.txt', 'f 0644 0:0 d/y.md']],
    ['wildcards in folders', 'COPY */b/?.txt /d/', ['d 0755 0:0 d', 'f 0644 0:0 d/z.txt']],
    ['a negated class', 'COPY a/[^x].* /d/', ['d 0755 0:0 d', 'f 0644 0:0 d/y.md']],
    ['two of the same', 'COPY a/x.txt a/x.txt /d/', ['d 0755 0:0 d', 'f 0644 0:0 d/x.txt']],
  ])('%s', async (_, instruction, expected) => {
    expect(await layerOf(`FROM scratch\n${instruction}\n`, tree)).toEqual(expected)
  })

  test('a name that is not known is warned about', async () => {
    const made = await project({ ...tree, Dockerfile: 'FROM scratch\nCOPY a /b\nCOPY --chown=who:group a /a\n' })
    const image = await made.build()
    expect(await linesOf(image.layers[1])).toContain('d 0755 0:0 0 0 a')
    const warnings = made.events.flatMap((event) => (event.type === 'warning' ? [event.text] : []))
    expect(warnings).toEqual([expect.stringContaining('Dockerfile:3'), expect.stringContaining('"group"')])
  })

  test.each([
    ['in an empty image', 'COPY --chown=who a /a'],
    ['with --link', 'COPY a /x\nCOPY --link --chown=0:who a /a'],
    ['of USER for WORKDIR', 'USER who\nWORKDIR /w'],
  ])('a name %s is refused, as nobody could know it', async (_, instructions) => {
    await expect(build(`FROM scratch\n${instructions}\n`, tree)).rejects.toMatchObject({
      code: 'DOCKERFILE_INVALID',
      message: expect.stringContaining('"who"') as string,
    })
  })

  test('links in the context stay links, and lead nowhere outside', async () => {
    const made = await project({ 'a/f': 'x', Dockerfile: 'FROM scratch\nCOPY a /a\nCOPY top /top\n' })
    await symlink('../../../etc/passwd', join(made.folder, 'a/out'))
    await symlink('/a/f', join(made.folder, 'top'))
    const image = await made.build()
    expect(await linesOf(image.layers[0])).toContain('l 0777 0:0 0 0 a/out -> ../../../etc/passwd')
    expect(await textIn(image, 'top')).toBe('x')
  })

  test('a link out of the context is a source that is not there', async () => {
    const made = await project({ Dockerfile: 'FROM scratch\nCOPY out /x\n' })
    await symlink('/etc/passwd', join(made.folder, 'out'))
    await expect(made.build()).rejects.toMatchObject({ code: 'BUILD_SOURCE_MISSING', where: 'Dockerfile:2' })
  })

  test('a document for a stage, its variables replaced', async () => {
    const image = await build('FROM scratch\nARG N=joe\nCOPY <<E --flag <<"R" /d/\nhi $N "q"\nE\nraw $N\nR\n', {
      '--flag': 'x',
    })
    expect(await textIn(image, 'd/E')).toBe('hi joe "q"\n')
    expect(await textIn(image, 'd/R')).toBe('raw $N\n')
  })

  test('a pipe in the context is refused once it is copied', async () => {
    const { execFileSync } = await import('node:child_process')
    const made = await project({ Dockerfile: 'FROM scratch\nCOPY a /a\n', 'a/f': '' })
    execFileSync('mkfifo', [join(made.folder, 'a/pipe')])
    await expect(made.build()).rejects.toMatchObject({ code: 'BUILD_FILE_UNSUPPORTED', where: 'Dockerfile:2' })
    await made.write({ '.dockerignore': 'a/pipe\n' })
    await expect(made.build()).resolves.toBeDefined()
  })
})
