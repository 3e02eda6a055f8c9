import { execFileSync } from 'node:child_process'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { runMain, type MainOutcome } from '../../test/support/run-main.ts'
import { isGitMissing } from '../../test/support/git.ts'

// everything that a command loads is compiled at its first call
vi.setConfig({ testTimeout: 30_000 })

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catamaran-load-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const run = (line: string, env: Record<string, string> = {}): Promise<MainOutcome> =>
  runMain(line.split(' '), { cwd: folder, env: { HOME: folder, ...env } })
const head = 'apiVersion: skaffold/v4beta14\nkind: Config\n'

async function write(path: string, text: string): Promise<void> {
  await mkdir(join(folder, path, '..'), { recursive: true })
  await writeFile(join(folder, path), text)
}

describe.skipIf(isGitMissing)('requires.git (needs git)', () => {
  beforeEach(async () => {
    await write(
      'origin/app/skaffold.yaml',
      `${head}metadata: {name: theirs}\nbuild: {artifacts: [{image: theirs, context: src}]}\nprofiles: [{name: p, build: {artifacts: [{image: profiled}]}}]\n`,
    )
    const git = (...args: string[]): void => {
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
        cwd: join(folder, 'origin'),
      })
    }
    git('init', '--quiet')
    git('add', '.')
    git('commit', '--quiet', '-m', 'one')
    await write(
      'skaffold.yaml',
      `${head}metadata: {name: ours}\nrequires: [{git: {repo: ${join(folder, 'origin')}, path: app/skaffold.yaml}}]\nprofiles: [{name: p}]\n`,
    )
  })

  test('is read from a copy in the cache folder, and its paths start there', async () => {
    const { stdout, status } = await run('diagnose --yaml-only')
    expect(status).toBe(0)
    expect(stdout).toContain('image: theirs')
    expect(stdout).toMatch(new RegExp(`context: ${folder}/\\.cache/catamaran/repos/[\\w-]+/app/src`))
  })

  test('XDG_CACHE_HOME and --remote-cache-dir say where', async () => {
    expect((await run('diagnose', { XDG_CACHE_HOME: join(folder, 'xdg') })).stdout).toContain(
      `${folder}/xdg/catamaran/`,
    )
    expect((await run('diagnose --remote-cache-dir=own')).stdout).toMatch(`${folder}/own/`)
  })

  test('profiles reach it unless they may not', async () => {
    expect((await run('diagnose -p p')).stdout).toContain('image: profiled')
    expect((await run('diagnose -p p --propagate-profiles=false')).stdout).toContain('image: theirs')
  })

  test('--sync-remote-cache=never needs a copy', async () => {
    expect(await run('diagnose --sync-remote-cache=never')).toMatchObject({ status: 1, stdout: '' })
    await run('diagnose')
    expect((await run('diagnose --sync-remote-cache=never')).status).toBe(0)
    expect((await run('diagnose --sync-remote-cache=often')).status).toBe(127)
  })
})

test('--profile-auto-activation=false leaves activation to -p', async () => {
  await write(
    'skaffold.yaml',
    `${head}profiles: [{name: p, activation: [{command: diagnose}], build: {artifacts: [{image: ours}]}}]\n`,
  )
  expect((await run('diagnose')).stdout).toContain('image: ours')
  expect((await run('diagnose --profile-auto-activation=false')).stdout).not.toContain('image: ours')
})

describe('-f with a URL', () => {
  const server = createServer((request, response) => {
    if (request.url === '/moved.yaml') response.writeHead(302, { location: '/skaffold.yaml' }).end()
    else if (request.url === '/round') response.writeHead(302, { location: '/round' }).end()
    else if (request.url === '/skaffold.yaml') response.end(`${head}build: {artifacts: [{image: far, context: x}]}\n`)
    else response.writeHead(404).end()
  })
  beforeEach(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterEach(async () => {
    server.close()
    await once(server, 'close')
  })
  const url = (path: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}`

  test.each(['skaffold.yaml', 'moved.yaml'])('reads %s; paths start from the working directory', async (path) => {
    expect((await run(`diagnose --yaml-only -f ${url(path)}`)).stdout).toContain(`context: ${folder}/x\n`)
  })

  test.each([
    ['none.yaml', 'answered with 404'],
    ['round', 'it is redirected again and again'],
  ])('%s: %s', async (path, message) => {
    const { status, stderr } = await run(`diagnose -f ${url(path)}`)
    expect(status).toBe(1)
    expect(stderr).toContain(message)
  })
})

test('a file that is not UTF-8 is no configuration', async () => {
  const latin1 = Buffer.from('metadata: {name: caf\u00E9}\n', 'latin1')
  await writeFile(join(folder, 'skaffold.yaml'), Buffer.concat([Buffer.from(head), latin1]))
  const { status, stderr } = await run('diagnose')
  expect(status).toBe(1)
  expect(stderr).toContain('error FILE_UNREADABLE: the configuration skaffold.yaml is not UTF-8 text')
})
