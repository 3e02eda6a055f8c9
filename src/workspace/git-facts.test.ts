import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runForOutput, runProcess } from '../subprocess/index.ts'
import { gitFacts, type GitFacts } from './index.ts'

const env = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.com',
}
let folder = ''

beforeEach(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'catamaran-git-')))
  for (const name of ['one', 'two']) {
    mkdirSync(join(folder, 'repository', name), { recursive: true })
    writeFileSync(join(folder, 'repository', name, 'file'), name)
  }
  await git('init', '-q', '-b', 'main')
  await git('add', '-A')
  await git('commit', '-q', '-m', 'first')
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

async function git(...args: readonly string[]): Promise<string> {
  return (await runForOutput(runProcess, { command: 'git', args, cwd: join(folder, 'repository'), env })).trim()
}

function facts(path = 'repository/one'): GitFacts {
  return gitFacts(join(folder, path), { runProcess, env })
}

test('the commit, whole and short', async () => {
  const commit = await git('rev-parse', 'HEAD')
  expect(await facts().commit()).toBe(commit)
  expect(await facts().abbreviatedCommit()).toBe(commit.slice(0, 7))
})

test('the description is the commit, a tag, or what came after a tag', async () => {
  expect(await facts().description()).toBe((await git('rev-parse', 'HEAD')).slice(0, 7))
  await git('tag', 'v1')
  expect(await facts().description()).toBe('v1')
  await git('commit', '-q', '--allow-empty', '-m', 'second')
  expect(await facts().description()).toMatch(/^v1-1-g[0-9a-f]{7}$/)
})

test.each([
  ['a folder', 'repository/one', 'HEAD:one'],
  ['the root', 'repository', 'HEAD:'],
  ['a folder behind a link', 'link', 'HEAD:two'],
])('the tree of %s', async (_, path, name) => {
  symlinkSync(join(folder, 'repository', 'two'), join(folder, 'link'))
  const tree = await git('rev-parse', name)
  expect(await facts(path).tree()).toBe(tree)
  expect(await facts(path).abbreviatedTree()).toBe(tree.slice(0, 7))
})

test('the branch, when there is one', async () => {
  expect(await facts().branch()).toBe('main')
  await git('checkout', '-q', '--detach')
  expect(await facts().branch()).toBeUndefined()
})

test.each<[string, () => void]>([
  ['a changed file', () => writeFileSync(join(folder, 'repository/one/file'), 'other')],
  ['a new file', () => writeFileSync(join(folder, 'repository/one/new'), '')],
  ['a deleted file', () => rmSync(join(folder, 'repository/one/file'))],
])('%s is a change of its folder and of no other', async (_, change) => {
  expect(await facts().hasChanges()).toBe(false)
  change()
  expect(await facts().hasChanges()).toBe(true)
  expect(await facts('repository/two').hasChanges()).toBe(false)
})

test('an ignored file is no change', async () => {
  writeFileSync(join(folder, 'repository', '.gitignore'), '*.log\n')
  await git('add', '-A')
  await git('commit', '-q', '-m', 'ignore')
  writeFileSync(join(folder, 'repository/one/x.log'), '')
  expect(await facts().hasChanges()).toBe(false)
})

test('there are none outside of a repository, before the first commit, and without git', async () => {
  await expect(facts('.').commit()).rejects.toMatchObject({ code: 'PROGRAM_FAILED' })
  mkdirSync(join(folder, 'empty'))
  await runForOutput(runProcess, { command: 'git', args: ['init', '-q'], cwd: join(folder, 'empty'), env })
  await expect(facts('empty').commit()).rejects.toMatchObject({ code: 'PROGRAM_FAILED' })
  const withoutGit = gitFacts(folder, { runProcess, env: { PATH: join(folder, 'none') } })
  await expect(withoutGit.commit()).rejects.toMatchObject({ code: 'PROGRAM_MISSING' })
})
