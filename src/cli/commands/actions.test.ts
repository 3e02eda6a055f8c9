import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { fakePrograms, type FakePrograms } from '../../../test/support/fake-programs.ts'
import { runMain, type MainOutcome } from '../../../test/support/run-main.ts'
import { startTestSandbox, type TestSandbox } from '../../../test/support/sandbox.ts'
import { hostArchitecture as host } from '../../../test/support/host.ts'
import type { TinyArchitecture } from '../../../test/support/tiny-elf.ts'

// everything that a command loads is compiled at its first call
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

const hostArchitecture = host as TinyArchitecture
const head = 'apiVersion: skaffold/v4beta14\nkind: Config\n'
let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catamaran-actions-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const project = (text: string): Promise<void> => writeFile(join(folder, 'skaffold.yaml'), `${head}${text}`)
const run = (line: string, env: Record<string, string> = {}): Promise<MainOutcome> =>
  runMain(line.split(' '), { cwd: folder, env: { HOME: folder, KUBECONFIG: join(folder, 'none'), ...env } })

describe('test', () => {
  test('runs the tests of the given images only', async () => {
    await project(
      'build: {artifacts: [{image: app}, {image: other}]}\ntest:\n- {image: app, custom: [{command: "echo {{.WORD}} $IMAGE"}]}\n- {image: other, custom: [{command: exit 1}]}\n',
    )
    const outcome = await run('test -i app=registry.example.com/app:v1', { WORD: 'templated' })
    expect(outcome.status).toBe(0)
    expect(outcome.stdout).toContain('templated registry.example.com/app:v1\n')
    expect(outcome.stdout).toContain('Command finished successfully.')
    expect((await run('test -i other:v1')).status).toBe(1)
    expect((await run('test')).status).toBe(127)
  })
})

describe('containers with docker', () => {
  let programs: FakePrograms
  beforeEach(async () => {
    programs = await fakePrograms({
      docker: `
const image = args.find((one) => one.includes('/')) ?? ''
console.log('in ' + image)
if (image.includes('broken')) process.exitCode = 2
if (image.includes('slow')) setTimeout(() => {}, 60_000)
`,
    })
  })
  afterEach(() => programs.close())
  const docker = (line: string): Promise<MainOutcome> => run(line, programs.env)

  test('verify runs all of them, with the given images and variables', async () => {
    await project(
      'verify:\n- {name: one, container: {name: c1, image: app, command: [sh, -c], args: [date], env: [{name: K, value: own}]}}\n- {name: two, container: {name: c2, image: x/two}}\n',
    )
    await writeFile(join(folder, 'vars'), 'K=file\nL=file\n')
    const outcome = await docker(
      'verify -i app=registry.example.com/app:v1@sha256:'.concat('0'.repeat(64), ' --env-file vars --docker-network n'),
    )
    expect(outcome.stderr).toBe('')
    expect(outcome.status).toBe(0)
    expect(outcome.stdout).toContain('[c2] in x/two')
    const calls = (await programs.calls()).map(({ args }) => args.filter((one) => !/^c\d-/.test(one)).join(' '))
    expect(calls.toSorted()).toEqual([
      `run --rm --name --pull=always --network n -e K=file -e L=file x/two`,
      `run --rm --name --pull=missing --network n -e K=own -e L=file --entrypoint sh registry.example.com/app:v1@sha256:${'0'.repeat(64)} -c date`,
    ])
  })

  test('verify runs the others to their end when one fails, and names those that failed', async () => {
    await project(
      'verify:\n- {name: one, container: {name: c1, image: x/broken}}\n- {name: two, container: {name: c2, image: x/fine}}\n',
    )
    const outcome = await docker('verify')
    expect(outcome.status).toBe(1)
    expect(outcome.stderr).toContain('1 error occurred:\n* c1: it exited with 2')
    expect(outcome.stdout).toContain('[c2] succeeded')
  })

  test('a verification has its own time', async () => {
    await project('verify: [{name: one, timeout: 1, container: {name: c1, image: x/slow}}]\n')
    const outcome = await docker('verify')
    expect(outcome.stderr).toContain('* c1: it took longer than 1 s')
    expect((await programs.calls()).at(-1)?.args.slice(0, 2)).toEqual(['rm', '--force'])
  })

  test('exec ends an action at its first failure unless it is told not to', async () => {
    const containers = (ending: string): string =>
      `containers: [{name: bad${ending}, image: x/broken}, {name: long${ending}, image: x/slow}]`
    await project(
      `customActions:\n- {name: fast, ${containers('')}}\n- {name: late, timeout: 1, failFast: false, ${containers('-2')}}\n`,
    )
    const fast = await docker('exec fast')
    expect(fast.stderr).toContain('1 error occurred:\n* bad: it exited with 2')
    const late = await docker('exec late')
    expect(late.stderr).toContain('* bad-2: it exited with 2\n* all: they took longer than 1 s')
  })

  test.each([
    ['exec', 127, 'exec takes the name of a custom action'],
    ['exec none', 1, 'custom action none not found'],
    ['exec none', 1, 'fix: there are known'],
    ['verify', 1, 'no configuration has a `verify` section'],
  ])('%s ends with %s: %s', async (line, status, message) => {
    await project('customActions: [{name: known, containers: [{name: c, image: x/y}]}]\n')
    const outcome = await docker(line)
    expect(outcome).toMatchObject({ status })
    expect(outcome.stderr).toContain(message)
  })

  test('without docker they say what to install', async () => {
    await project('verify: [{name: one, container: {name: c1, image: x/y}}]\n')
    const outcome = await run('verify', { PATH: folder })
    expect(outcome.stderr).toContain('error PROGRAM_MISSING: the container c1 is to run on this machine')
  })
})

describe('in a cluster', () => {
  let sandbox: TestSandbox
  beforeAll(async () => {
    sandbox = await startTestSandbox(`1xlinux/${hostArchitecture},1xlinux/s390x`)
  })
  afterAll(() => sandbox.close())
  const inCluster = (line: string): Promise<MainOutcome> =>
    run(line, { KUBECONFIG: sandbox.kubeconfigPath, PATH: process.env['PATH'] ?? '' })
  const program = (message: string, exit: number): Parameters<TestSandbox['push']>[1] => [
    { architecture: hostArchitecture, message, afterwards: { exit } },
  ]

  test('verify runs Jobs where their images run, passes their logs on and deletes them', async () => {
    const good = await sandbox.push('good:v1', program('all is well', 0))
    const bad = await sandbox.push('bad:v1', program('all is lost', 7))
    await project(
      `verify:\n- {name: good, container: {name: good, image: ${good}}, executionMode: {kubernetesCluster: {}}}\n- {name: bad, container: {name: bad, image: ${bad}}, executionMode: {kubernetesCluster: {jobManifestPath: job.yaml}}}\n`,
    )
    await writeFile(
      join(folder, 'job.yaml'),
      'apiVersion: batch/v1\nkind: Job\nmetadata: {name: base, annotations: {mine: kept}}\nspec: {template: {spec: {containers: [{name: other, image: none}]}}}\n',
    )
    const outcome = await inCluster('verify')
    expect(outcome.stdout).toContain('[good] all is well')
    expect(outcome.stdout).toContain('[bad] all is lost')
    expect(outcome.stderr).toContain('1 error occurred:\n* bad: it exited with 7')
    expect(outcome.status).toBe(1)
  })

  test('an image that is not there ends the wait', async () => {
    await project(
      `customActions: [{name: a, containers: [{name: c, image: "${sandbox.registry}/none:v1"}], executionMode: {kubernetesCluster: {}}}]\n`,
    )
    const outcome = await inCluster('exec a')
    expect(outcome.status).toBe(1)
    expect(outcome.stderr).toMatch(/\* c: (?:ErrImagePull|ImagePullBackOff): /)
  })

  test('apply applies what was rendered and waits for it', async () => {
    const reference = await sandbox.push('app:v1', [{ architecture: hostArchitecture, afterwards: 'sleep' }])
    await project('deploy: {kubectl: {defaultNamespace: default}}\n')
    const pod = (name: string): string =>
      `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}}\nspec:\n  selector: {matchLabels: {app: ${name}}}\n  template:\n    metadata: {labels: {app: ${name}}}\n    spec: {nodeSelector: {kubernetes.io/arch: ${hostArchitecture}}, containers: [{name: c, image: "${reference}"}]}\n`
    await writeFile(join(folder, 'one.yaml'), pod('one'))
    await writeFile(join(folder, 'two.yaml'), pod('two'))
    const outcome = await inCluster('apply one.yaml two.yaml')
    expect(outcome.stderr).toBe('')
    expect(outcome.stdout).toContain(' - deployment.apps/one created\n - deployment.apps/two created\n')
    expect(outcome.stdout).toContain('Deployments stabilized in ')
    expect((await inCluster('apply one.yaml --status-check=false')).stdout).toContain('deployment.apps/one unchanged')
    expect((await inCluster('apply')).status).toBe(127)
  })
})

test('overrides that are no JSON are refused', async () => {
  await project(
    'customActions: [{name: a, containers: [{name: c, image: x/y}], executionMode: {kubernetesCluster: {overrides: nonsense}}}]\n',
  )
  const { stderr, status } = await run('exec a --sandbox=1xlinux/amd64')
  expect(status).toBe(1)
  expect(stderr).toContain('error CONFIG_VALUE_INVALID: executionMode.kubernetesCluster.overrides is no JSON object')
})
