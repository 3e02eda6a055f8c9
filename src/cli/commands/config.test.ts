import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { runMain, type MainOutcome } from '../../../test/support/run-main.ts'

// everything that a command loads is compiled at its first call
vi.setConfig({ testTimeout: 30_000 })

let folder = ''
const kubeconfig = (current: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': current,
    contexts: [{ name: current, context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: 'http://127.0.0.1:1' } }],
    users: [{ name: 'u', user: {} }],
  })

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catamaran-config-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function run(line: string, env: Record<string, string> = {}): Promise<MainOutcome> {
  const home = { HOME: folder, KUBECONFIG: join(folder, 'kubeconfig') }
  return runMain(line.split(' '), { cwd: folder, env: { ...home, ...env } })
}

const file = (): Promise<string> => readFile(join(folder, '.skaffold/config'), 'utf8')

describe('config', () => {
  test('set, list and unset say what Skaffold says', async () => {
    expect(await run('config set -g default-repo registry.example.com/team')).toMatchObject({
      status: 0,
      stdout: 'set global value default-repo to registry.example.com/team\n',
    })
    expect(await run('config set -k kind-dev local-cluster true')).toMatchObject({
      stdout: 'set value local-cluster to true for context kind-dev\n',
    })
    expect(await file()).toBe(
      'global:\n    default-repo: registry.example.com/team\nkubeContexts:\n    -   kube-context: kind-dev\n        local-cluster: true\n',
    )
    const path = join(folder, '.skaffold/config')
    expect((await run('config list -k kind-dev')).stdout).toBe(
      `skaffold config: ${path}\nkube-context: kind-dev\nlocal-cluster: true\n`,
    )
    expect((await run('config list --all')).stdout).toBe(`skaffold config: ${path}\n${await file()}`)
    expect(await run('config unset --kube-context kind-dev local-cluster')).toMatchObject({
      stdout: 'unset value local-cluster for context kind-dev\n',
    })
    expect(await run('config unset default-repo --global')).toMatchObject({
      stdout: 'unset global value default-repo\n',
    })
  })

  test('without a context, values are global ones; with one, they are its own', async () => {
    expect((await run('config set default-repo r')).stdout).toBe('set global value default-repo to r\n')
    await writeFile(join(folder, 'kubeconfig'), kubeconfig('here'))
    expect((await run('config set default-repo r')).stdout).toBe('set value default-repo to r for context here\n')
    expect((await run('config list')).stdout).toContain('kube-context: here')
  })

  test('nothing is set', async () => {
    expect(await run('config list')).toEqual({ status: 0, stdout: '', stderr: '' })
  })

  test('SKAFFOLD_CONFIG and -c name another file', async () => {
    await run('config set -g default-repo r', { SKAFFOLD_CONFIG: 'own' })
    await run('config set -g -c other default-repo s')
    expect(await readFile(join(folder, 'own'), 'utf8')).toContain('default-repo: r')
    expect(await readFile(join(folder, 'other'), 'utf8')).toContain('default-repo: s')
  })

  test.each([
    ['config set default-repo', 127, 'config set takes a name and a value'],
    ['config unset', 127, 'config unset takes the name of a value'],
    ['config set defaultrepo x', 127, 'did you mean default-repo?'],
    ['config list -c broken', 1, 'GLOBAL_CONFIG_INVALID'],
    ['config sett a b', 127, 'unknown command "sett" for "catamaran config"'],
  ])('%s', async (line, status, said) => {
    await writeFile(join(folder, 'broken'), 'global: 1\n')
    const outcome = await run(line)
    expect(outcome).toMatchObject({ status, stdout: '' })
    expect(outcome.stderr).toContain(said)
  })

  test('config alone lists its commands', async () => {
    const outcome = await run('config --help')
    expect(outcome.status).toBe(0)
    expect(outcome.stdout).toMatch(/ {2}set .*\n {2}unset .*\n {2}list /)
  })
})

describe('what is set takes effect', () => {
  beforeEach(async () => {
    await mkdir(join(folder, '.skaffold'))
    await writeFile(
      join(folder, '.skaffold/config'),
      'global: {default-repo: all.example.com}\nkubeContexts:\n- {kube-context: ^dev-, default-repo: dev.example.com, multi-level-repo: true}\n',
    )
    await writeFile(
      join(folder, 'skaffold.yaml'),
      'apiVersion: skaffold/v4beta14\nkind: Config\nbuild: {artifacts: [{image: team/app}], tagPolicy: {sha256: {}}}\n',
    )
  })

  const tag = async (line: string, env: Record<string, string> = {}): Promise<string | undefined> => {
    const { stdout, stderr } = await run(`build --dry-run -q ${line}`.trim(), env)
    const parsed = JSON.parse(stdout === '' ? JSON.stringify(stderr) : stdout) as { builds: { tag: string }[] }
    return parsed.builds[0]?.tag
  }

  test.each([
    ['', undefined, 'all.example.com/team_app:latest'],
    ['', 'prod', 'all.example.com/team_app:latest'],
    ['', 'dev-1', 'dev.example.com/team/app:latest'],
    ['--kube-context dev-2', 'prod', 'dev.example.com/team/app:latest'],
    ['-d flag.example.com', 'prod', 'flag.example.com/team_app:latest'],
    ['-c none', 'dev-1', 'team/app:latest'],
  ])('%s with the context %s', async (line, context, name) => {
    if (context !== undefined) await writeFile(join(folder, 'kubeconfig'), kubeconfig(context))
    expect(await tag(line)).toBe(name)
  })

  test('the environment goes before the file', async () => {
    expect(await tag('', { SKAFFOLD_DEFAULT_REPO: 'env.example.com' })).toBe('env.example.com/team_app:latest')
  })
})
