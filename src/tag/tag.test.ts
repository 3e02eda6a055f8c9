import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TagPolicy } from '../config/index.ts'
import type { Event } from '../events/index.ts'
import { runForOutput, runProcess } from '../subprocess/index.ts'
import { createTagger } from './create-tagger.ts'
import { formatGoTime } from '../config/index.ts'

const env = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_AUTHOR_DATE: '2024-01-02T03:04:05Z',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.com',
  GIT_COMMITTER_DATE: '2024-01-02T03:04:05Z',
  VERSION: 'v7',
}
let folder = ''

async function git(...args: readonly string[]): Promise<string> {
  return (await runForOutput(runProcess, { command: 'git', args, cwd: join(folder, 'repo'), env })).trim()
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tag-'))
  await mkdir(join(folder, 'repo', 'app'), { recursive: true })
  await mkdir(join(folder, 'outside'))
  await git('init', '-q', '-b', 'feature/x y'.replace(' ', '-'))
  await writeFile(join(folder, 'repo', 'app', 'file'), 'one')
  await git('add', '-A')
  await git('commit', '-q', '-m', 'one')
})

afterAll(async () => rm(folder, { recursive: true, force: true }))

interface Tagged {
  readonly name: string
  readonly warnings: readonly string[]
}

async function tag(policy: TagPolicy, { image = 'app', path = 'repo/app' } = {}): Promise<Tagged> {
  const warnings: string[] = []
  const emit = (event: Event): void => void (event.type === 'warning' && warnings.push(event.text))
  const now = (): Date => new Date('2024-02-03T04:05:06.078Z')
  const tagger = createTagger(policy, { runProcess, env, now, emit })
  const files = (): Promise<readonly string[]> => Promise.resolve([join(folder, path, 'file'), join(folder, 'none')])
  return { name: await tagger.tag({ image, folder: join(folder, path), files }), warnings }
}

type GitPolicy = Extract<TagPolicy, { kind: 'gitCommit' }>

function gitPolicy(variant: GitPolicy['variant'], more: Partial<GitPolicy> = {}): GitPolicy {
  return { kind: 'gitCommit', variant, prefix: '', ignoreChanges: false, ...more }
}

describe('gitCommit', () => {
  test('names the commit, the tree and the branch', async () => {
    const commit = await git('rev-parse', 'HEAD')
    const tree = await git('rev-parse', 'HEAD:app')
    const names = await Promise.all(
      (['Tags', 'CommitSha', 'AbbrevCommitSha', 'TreeSha', 'AbbrevTreeSha', 'Branches'] as const).map(
        async (variant) => (await tag(gitPolicy(variant))).name,
      ),
    )
    expect(names).toEqual([
      `app:${commit.slice(0, 7)}`,
      `app:${commit}`,
      `app:${commit.slice(0, 7)}`,
      `app:${tree}`,
      `app:${tree.slice(0, 7)}`,
      'app:feature_x-y',
    ])
    expect((await tag(gitPolicy('CommitSha', { prefix: 'p-' }))).name).toBe(`app:p-${commit}`)
  })

  test('says that files differ, only those of the context, and not when told so', async () => {
    await writeFile(join(folder, 'repo', 'other'), 'x')
    expect((await tag(gitPolicy('Branches'))).name).toBe('app:feature_x-y')
    expect((await tag(gitPolicy('Branches'), { path: 'repo' })).name).toBe('app:feature_x-y-dirty')
    expect((await tag(gitPolicy('Branches', { ignoreChanges: true }), { path: 'repo' })).name).toBe('app:feature_x-y')
    await rm(join(folder, 'repo', 'other'))
  })

  test('takes a tag of the repository, and makes it fit', async () => {
    await git('tag', 'v1.0+build/1')
    expect((await tag(gitPolicy('Tags'))).name).toBe('app:v1.0_build_1')
    await git('tag', '-d', 'v1.0+build/1')
  })

  test('outside of a repository falls back to latest and says why', async () => {
    const { name, warnings } = await tag(gitPolicy('Tags'), { path: 'outside' })
    expect(name).toBe('app:latest')
    expect(warnings).toEqual([expect.stringMatching(/^Some taggers failed.*not a git repository/s)])
  })
})

describe('other policies', () => {
  test.each<[TagPolicy, string, string]>([
    [{ kind: 'sha256' }, 'app', 'app:latest'],
    [{ kind: 'sha256' }, 'localhost:5000/app', 'localhost:5000/app:latest'],
    [{ kind: 'sha256' }, 'app:v2', 'app:v2'],
    [{ kind: 'envTemplate', template: '{{.VERSION}}-{{.IMAGE_NAME}}' }, 'app', 'app:v7-app'],
    [{ kind: 'envTemplate', template: '{{.IMAGE_NAME}}:{{.VERSION}}' }, 'app', 'app:v7'],
    [{ kind: 'envTemplate', template: '{{cmd "echo" "hi"}}' }, 'app', 'app:hi'],
    [{ kind: 'dateTime', timezone: 'UTC' }, 'app', 'app:2024-02-03_04-05-06.078_UTC'],
    [{ kind: 'dateTime', format: '20060102', timezone: 'Asia/Tokyo' }, 'app', 'app:20240203'],
    [
      {
        kind: 'customTemplate',
        template: '{{.X}}_{{.Y}}_{{.SHA}}',
        components: [
          { name: 'X', policy: { kind: 'envTemplate', template: '{{.VERSION}}' } },
          { name: 'Y', policy: { kind: 'dateTime', format: '2006', timezone: 'UTC' } },
        ],
      },
      'app',
      'app:v7_2024_latest',
    ],
  ])('%j names %s %s', async (policy, image, name) => {
    expect(await tag(policy, { image })).toEqual({ name, warnings: [] })
  })

  test('inputDigest follows names and content alone', async () => {
    const before = (await tag({ kind: 'inputDigest' })).name
    expect(before).toMatch(/^app:[\da-f]{64}$/)
    await writeFile(join(folder, 'repo', 'app', 'file'), 'one')
    expect((await tag({ kind: 'inputDigest' })).name).toBe(before)
    await writeFile(join(folder, 'repo', 'app', 'file'), 'two')
    expect((await tag({ kind: 'inputDigest' })).name).not.toBe(before)
  })

  test.each<[TagPolicy, string]>([
    [{ kind: 'envTemplate', template: '{{.NOT_SET}}' }, 'NOT_SET'],
    [{ kind: 'envTemplate', template: '{{.IMAGE_NAME}}:t@{{.DIGEST}}' }, '{{.DIGEST_HEX}} are deprecated'],
    [{ kind: 'envTemplate', template: '{{.DIGEST_ALGO}}-x' }, '{{.DIGEST_HEX}} are deprecated'],
    [{ kind: 'envTemplate', template: '{{.DIGEST_HEX}}' }, '{{.DIGEST_HEX}} are deprecated'],
    [{ kind: 'dateTime', timezone: 'Mars/Base' }, 'bad timezone provided: "Mars/Base"'],
  ])('%j falls back and says why', async (policy, reason) => {
    const { name, warnings } = await tag(policy)
    expect(name).toBe('app:latest')
    expect(warnings).toEqual([expect.stringContaining(reason)])
  })

  test('what is no image name is refused', async () => {
    await expect(tag({ kind: 'envTemplate', template: 'a b' })).rejects.toMatchObject({ code: 'REFERENCE_INVALID' })
  })
})

test.each([
  ['2006-01-02T15:04:05Z07:00', 'UTC', '2024-02-03T04:05:06Z'],
  ['2006-01-02T15:04:05.000Z07:00', 'America/New_York', '2024-02-02T23:05:06.078-05:00'],
  ['Mon Jan _2 3:04PM 2006 MST', 'America/New_York', 'Fri Feb  2 11:05PM 2024 EST'],
  ['Monday, January 2 06 002 -0700 pm', 'Asia/Kolkata', 'Saturday, February 3 24 034 +0530 am'],
  ['.99 .999999 ,000', 'UTC', '.07 .078 ,078'],
])('Go writes %s in %s as %s', (layout, zone, expected) => {
  expect(formatGoTime(new Date('2024-02-03T04:05:06.078Z'), layout, zone)).toBe(expected)
})
