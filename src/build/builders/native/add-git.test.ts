import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { isGitMissing } from '../../../../test/support/git.ts'
import { aProject, linesOf, textIn, type Project } from '../../../../test/support/native-build.ts'
import { ToolError } from '../../../errors/index.ts'

const url = 'https://git.example.com/app.git'
const identity = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b' }
const projects: Project[] = []

describe.skipIf(isGitMissing)('ADD of a repository', () => {
  let folder: string
  let env: Readonly<Record<string, string | undefined>>
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: folder, env: { ...process.env, ...identity }, encoding: 'utf8' }).trim()

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'add-git-'))
    git('init', '--quiet', '--initial-branch=main')
    mkdirSync(join(folder, 'docs/deep'), { recursive: true })
    writeFileSync(join(folder, 'run.sh'), 'one')
    chmodSync(join(folder, 'run.sh'), 0o700)
    writeFileSync(join(folder, 'docs/deep/x'), 'x')
    symlinkSync('docs', join(folder, 'd'))
    symlinkSync('/', join(folder, 'out'))
    git('add', '.')
    git('commit', '--quiet', '-m', 'one')
    git('tag', 'v1')
    writeFileSync(join(folder, 'run.sh'), 'two')
    git('commit', '--quiet', '-am', 'two')
    env = {
      ...process.env,
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `url.${folder}/.git.insteadOf`,
      GIT_CONFIG_VALUE_0: url,
    }
  })
  afterEach(async () => {
    await Promise.all(projects.splice(0).map(async (made) => made.close()))
  })
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  async function project(instruction: string): Promise<Project> {
    const made = await aProject({ Dockerfile: `FROM scratch\n${instruction}\n` }, { env })
    projects.push(made)
    return made
  }

  test('gives its files with the modes that git knows', async () => {
    const image = await (await project(`ADD ${url} /app`)).build()
    expect(await linesOf(image.layers[0])).toEqual([
      'd 0755 0:0 0 0 app',
      'l 0777 0:0 0 0 app/d -> docs',
      'd 0755 0:0 0 0 app/docs',
      'd 0755 0:0 0 0 app/docs/deep',
      'f 0644 0:0 0 1 app/docs/deep/x',
      'l 0777 0:0 0 0 app/out -> /',
      'f 0755 0:0 0 3 app/run.sh',
    ])
    expect(await textIn(image, 'app/run.sh')).toBe('two')
    expect(image.config.history?.[0]?.created_by).toBe(`ADD ${url} /app # buildkit`)
  })

  test.each([
    ['a tag', `ADD ${url}#v1 /`, 'one'],
    ['the default branch', `ADD ${url}#:/ /`, 'two'],
    ['a branch', `ADD ${url}#main /`, 'two'],
  ])('of %s', async (_, instruction, text) => {
    expect(await textIn(await (await project(instruction)).build(), 'run.sh')).toBe(text)
  })

  test('of a folder behind a link', async () => {
    expect(await textIn(await (await project(`ADD ${url}#v1:d/deep /`)).build(), 'x')).toBe('x')
  })

  test('of a folder, owned by somebody', async () => {
    const image = await (await project(`ADD --chown=7:8 ${url}#v1:docs/deep /`)).build()
    expect(await linesOf(image.layers[0])).toEqual(['f 0644 7:8 0 1 x'])
  })

  test('of a commit, with .git when it is asked for', async () => {
    const commit = git('rev-parse', 'v1')
    const image = await (await project(`ADD --keep-git-dir --checksum=${commit} ${url}#${commit} /`)).build()
    expect(await textIn(image, '.git/FETCH_HEAD')).toContain(commit)
  })

  test.each([
    ['a checksum of another commit', `ADD --checksum=0000000 ${url} /`, 'BUILD_CHECKSUM_MISMATCH'],
    ['a branch that is not there', `ADD ${url}#none /`, 'BUILD_DOWNLOAD_FAILED'],
    ['a folder that is not there', `ADD ${url}#v1:none /`, 'BUILD_SOURCE_MISSING'],
    ['a folder that is not in it', `ADD ${url}#v1:out/etc /`, 'BUILD_SOURCE_MISSING'],
    ['a checksum that is none', `ADD --checksum=sha1:0 ${url} /`, 'DOCKERFILE_INVALID'],
  ])('%s is refused', async (_, instruction, code) => {
    await expect((await project(instruction)).build()).rejects.toMatchObject({ code, where: 'Dockerfile:2' })
  })

  test('platforms get the same layer', async () => {
    const made = await project(`ADD ${url}#v1 /`)
    const [one, other] = [await made.build(), await made.build({ platform: 'linux/arm64' })]
    expect(one.layers[0]?.descriptor.digest).toBe(other.layers[0]?.descriptor.digest)
  })
})

test('without git an engine has to build it', async () => {
  const runProcess = async (): Promise<never> => Promise.reject(new ToolError('PROGRAM_MISSING', 'git is not there'))
  const made = await aProject({ Dockerfile: `FROM scratch\nADD ${url} /\n` }, { runProcess })
  projects.push(made)
  await expect(made.build()).rejects.toMatchObject({ code: 'DOCKERFILE_NEEDS_GIT', where: 'Dockerfile:2' })
})
