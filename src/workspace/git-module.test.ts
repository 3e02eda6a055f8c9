import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { runProcess } from '../subprocess/index.ts'
import { fetchGitModule, type GitSource, type SyncPolicy } from './index.ts'

// git is a program of its own at every step
vi.setConfig({ testTimeout: 30_000 })

let folder = ''
const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'init.defaultBranch=trunk']
const git = (...args: string[]): string =>
  execFileSync('git', [...identity, ...args], { cwd: join(folder, 'origin'), encoding: 'utf8' }).trim()

async function commit(text: string): Promise<string> {
  await writeFile(join(folder, 'origin/file'), text)
  git('add', '.')
  git('commit', '--quiet', '-m', text)
  return git('rev-parse', 'HEAD')
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catamaran-git-'))
  execFileSync('git', [...identity, 'init', '--quiet', join(folder, 'origin')])
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const fetch = (source: Partial<GitSource> = {}, policy: SyncPolicy = 'always'): Promise<string> =>
  fetchGitModule(
    { repo: join(folder, 'origin'), ...source },
    { cacheFolder: join(folder, 'cache'), policy, runProcess, env: { PATH: process.env['PATH'], HOME: folder } },
  )
const content = async (source: Partial<GitSource> = {}, policy: SyncPolicy = 'always'): Promise<string> =>
  readFile(join(await fetch(source, policy), 'file'), 'utf8')

describe('a copy', () => {
  test('of the default branch, a branch, a tag, a commit and an abbreviated commit', async () => {
    const first = await commit('one')
    git('tag', 'v1')
    git('branch', 'side/branch')
    await commit('two')
    expect(await content()).toBe('two')
    for (const ref of ['v1', 'side/branch', first, first.slice(0, 8)]) expect(await content({ ref })).toBe('one')
    expect(await readdir(join(folder, 'cache'))).toHaveLength(5)
  })

  test('is shallow', async () => {
    await commit('one')
    await commit('two')
    const copy = await fetch({ repo: `file://${join(folder, 'origin')}` })
    expect(execFileSync('git', ['rev-list', '--count', 'HEAD'], { cwd: copy, encoding: 'utf8' }).trim()).toBe('1')
  })

  test.each([
    ['always', undefined, 'two'],
    ['always', true, 'two'],
    ['always', false, 'one'],
    ['missing', undefined, 'one'],
    ['missing', true, 'one'],
    ['never', undefined, 'one'],
  ] as const)('with the policy %s and sync: %s says %s after a change', async (policy, sync, text) => {
    await commit('one')
    await fetch()
    await commit('two')
    expect(await content(sync === undefined ? {} : { sync }, policy)).toBe(text)
  })

  test('follows a branch that was rewritten, and forgets what was changed in it', async () => {
    await commit('one')
    await writeFile(join(await fetch(), 'file'), 'changed by hand')
    git('commit', '--quiet', '--amend', '-m', 'rewritten')
    expect(await content()).toBe('one')
  })

  test('is made once by runs at the same time', async () => {
    await commit('one')
    const copies = await Promise.all([fetch({}, 'missing'), fetch({}, 'missing'), fetch({}, 'missing')])
    expect(new Set(copies).size).toBe(1)
    expect(await readdir(join(folder, 'cache'))).toHaveLength(1)
  })
})

test.each([
  [{ ref: 'none' }, 'always', /cannot fetch none of .*couldn't find remote ref none/],
  [{ ref: 'abcdef12' }, 'always', /cannot fetch abcdef12 of /],
  [{ repo: 'missing' }, 'always', /cannot fetch missing: .*does not appear to be a git repository/s],
  [{}, 'never', /is not in the cache .* turned off by --sync-remote-cache=never/],
  [{ ref: '--upload-pack=touch' }, 'always', /"--upload-pack=touch" is no repository or ref/],
  [{ repo: '-x' }, 'always', /"-x" is no repository or ref/],
  [{ repo: '' }, 'always', /"" is no repository or ref/],
  [{ repo: 'ext::sh -c date' }, 'always', /cannot fetch ext::/],
] as const)('%j with the policy %s fails: %s', async (source, policy, message) => {
  await commit('one')
  await expect(fetch(source, policy)).rejects.toThrow(message)
  await expect(fetch(source, policy)).rejects.toMatchObject({ code: 'GIT_MODULE_FAILED' })
  const left = await readdir(join(folder, 'cache')).catch(() => [])
  expect(left).toEqual([])
})
