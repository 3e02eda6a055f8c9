import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { aProject, linesOf, type ContextEntry, type Project } from '../../../../test/support/native-build.ts'

const projects: Project[] = []
afterEach(async () => {
  await Promise.all(projects.splice(0).map(async (made) => made.close()))
})

async function project(files: Readonly<Record<string, ContextEntry>>): Promise<Project> {
  const made = await aProject(files)
  projects.push(made)
  return made
}

describe('what is missing', () => {
  test('the Dockerfile', async () => {
    const made = await project({ a: 'x' })
    await expect(made.build({ dockerfile: 'deploy/Dockerfile' })).rejects.toMatchObject({
      code: 'DOCKERFILE_MISSING',
      message: expect.stringContaining(join(made.folder, 'deploy/Dockerfile')) as string,
    })
  })

  test('a source', async () => {
    const made = await project({ Dockerfile: 'FROM scratch\n\nCOPY a b /x/\n', a: 'x' })
    await expect(made.build()).rejects.toMatchObject({
      code: 'BUILD_SOURCE_MISSING',
      where: 'Dockerfile:3',
      message: `Dockerfile:3: COPY: b is not in the build context ${made.folder}`,
    })
  })

  test('a source that an ignore file hides: the error says which and how to keep it', async () => {
    const made = await project({
      Dockerfile: 'FROM scratch\nCOPY dist/a /x\n',
      'dist/a': 'x',
      '.dockerignore': 'dist\n',
    })
    await expect(made.build()).rejects.toMatchObject({
      code: 'BUILD_SOURCE_MISSING',
      message: 'Dockerfile:2: COPY: dist/a is left out of the build context by .dockerignore',
      hint: 'add the line !dist/a at the end of .dockerignore',
    })
    await made.write({ '.dockerignore': 'dist\n!dist/a\n' })
    await expect(made.build()).resolves.toBeDefined()
  })

  test('a source below a file', async () => {
    const made = await project({ Dockerfile: 'FROM scratch\nCOPY a/b /x\n', a: 'x' })
    await expect(made.build()).rejects.toMatchObject({ code: 'BUILD_SOURCE_MISSING', where: 'Dockerfile:2' })
  })

  test.each(['[', '[a', '[]a]', 'b*[-a]', '[^]x]', '*\\\\\\\\'])(
    'all that a pattern could match: %s is none',
    async (pattern) => {
      const made = await project({ Dockerfile: `FROM scratch\nCOPY ["${pattern}", "/x/"]\n`, a: 'x' })
      await expect(made.build()).rejects.toMatchObject({
        code: 'DOCKERFILE_INVALID',
        message: expect.stringContaining('is no pattern') as string,
      })
    },
  )

  test('the target', async () => {
    const made = await project({ Dockerfile: 'FROM scratch AS one\n' })
    await expect(made.build({ target: 'two' })).rejects.toMatchObject({ code: 'DOCKERFILE_TARGET_UNKNOWN' })
  })
})

describe('the ignore file', () => {
  const files = { a: 'x', b: 'x', Dockerfile: 'FROM scratch\nCOPY . /\n', '.dockerignore': '*\n!a\n' }

  test('of the context counts', async () => {
    expect(await linesOf((await (await project(files)).build()).layers[0])).toEqual(['f 0644 0:0 0 1 a'])
  })

  test('beside the Dockerfile counts instead', async () => {
    const made = await project({ ...files, 'deploy/D': files.Dockerfile, 'deploy/D.dockerignore': '*\n!b\n' })
    expect(await linesOf((await made.build({ dockerfile: 'deploy/D' })).layers[0])).toEqual(['f 0644 0:0 0 1 b'])
    expect(await linesOf((await made.build()).layers[0])).toEqual(['f 0644 0:0 0 1 a'])
  })

  test('a mistake in it names its line', async () => {
    const made = await project({ ...files, '.dockerignore': 'a\n[\n' })
    await expect(made.build()).rejects.toMatchObject({ code: 'WORKSPACE_IGNORE_INVALID', where: '.dockerignore:2' })
  })
})

test('dockerfile is read where there is no Dockerfile', async () => {
  const made = await project({ dockerfile: 'FROM scratch\nENV A=1\n' })
  expect((await made.build()).config.config?.Env).toContain('A=1')
})

test('what another builder can do is refused before anything is read', async () => {
  const made = await project({ Dockerfile: 'FROM 127.0.0.1:1/none\nCOPY nope /\nRUN make\n' })
  await expect(made.build()).rejects.toMatchObject({
    code: 'DOCKERFILE_NEEDS_RUN',
    where: 'Dockerfile:3',
    message: expect.stringContaining('stage 0') as string,
    hint: expect.stringContaining('docker buildx build') as string,
  })
})

test('windows is refused', async () => {
  const made = await project({ Dockerfile: 'FROM scratch\n' })
  await expect(made.build({ platform: 'windows/amd64' })).rejects.toMatchObject({ code: 'DOCKERFILE_NEEDS_WINDOWS' })
})

test('a build that is interrupted ends', async () => {
  const made = await project({ Dockerfile: 'FROM scratch\nCOPY a /\n', a: 'x' })
  const reason = new Error('stop')
  await expect(made.build({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  await expect(made.build()).resolves.toBeDefined()
})

describe('what a build depends on', () => {
  const files = {
    'bin/server-amd64': 'x',
    'bin/server-arm64': 'x',
    'bin/other': 'x',
    'site/a/b': 'x',
    'site/c.log': 'x',
    unused: 'x',
    '.dockerignore': '*.log\n**/*.log\n',
  }

  test.each<[string, string, string[]]>([
    [
      'files, folders and their content, without what is ignored',
      'FROM scratch\nCOPY site /\nADD bin/o* /\n',
      ['.dockerignore', 'Dockerfile', 'bin/other', 'site', 'site/a', 'site/a/b'],
    ],
    [
      'the files of every platform',
      'FROM scratch\nARG TARGETARCH\nCOPY bin/server-$TARGETARCH /\n',
      ['.dockerignore', 'Dockerfile', 'bin/server-amd64', 'bin/server-arm64'],
    ],
    ['what is not there is left out', 'FROM scratch\nCOPY nope unused /\n', ['.dockerignore', 'Dockerfile', 'unused']],
    [
      'nothing of stages that are not needed',
      'FROM scratch\nCOPY unused /\nFROM scratch\n',
      ['.dockerignore', 'Dockerfile'],
    ],
    [
      'a Dockerfile that cannot be built here',
      'FROM x\nRUN y\nCOPY unused /\n',
      ['.dockerignore', 'Dockerfile', 'unused'],
    ],
    ['--parents', 'FROM scratch\nCOPY --parents site/./a/b /\n', ['.dockerignore', 'Dockerfile', 'site/a/b']],
  ])('%s', async (_, dockerfile, expected) => {
    expect(await (await project({ ...files, Dockerfile: dockerfile })).dependencies()).toEqual(expected)
  })

  test('of the platforms that the artifact allows', async () => {
    const made = await project({
      ...files,
      Dockerfile: 'FROM scratch\nARG TARGETARCH\nCOPY bin/server-$TARGETARCH /\n',
    })
    expect(await made.dependencies({ platforms: ['linux/arm64'] })).toEqual([
      '.dockerignore',
      'Dockerfile',
      'bin/server-arm64',
    ])
  })

  test('a file behind a link and the link', async () => {
    const made = await project({ 'real/f': 'x', ln: { linkTo: 'real' }, Dockerfile: 'FROM scratch\nCOPY ln /x\n' })
    expect(await made.dependencies()).toEqual(['Dockerfile', 'ln', 'real', 'real/f'])
  })
})
