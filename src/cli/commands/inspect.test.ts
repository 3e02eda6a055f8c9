import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { parseConfig } from '../../config/index.ts'
import { runMain, type MainOutcome } from '../../../test/support/run-main.ts'

// everything that a command loads is compiled at its first call
vi.setConfig({ testTimeout: 30_000 })

const head = 'apiVersion: skaffold/v4beta14\nkind: Config\n'
const root = `# a comment
${head}metadata: {name: web}
requires:
- path: api
build: {artifacts: [{image: web}]}
deploy: {kubectl: {defaultNamespace: team}}
profiles:
- name: gcb
  build: {googleCloudBuild: {projectId: p}}
- name: quiet
---
${head}build: {artifacts: [{image: other}]}
`
const api =
  'apiVersion: skaffold/v2beta29\nkind: Config\nmetadata: {name: api}\nbuild: {cluster: {}}\nprofiles: [{name: gcb, build: {local: {push: true}}}]\n'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catamaran-inspect-'))
  await mkdir(join(folder, 'api'))
  await writeFile(join(folder, 'skaffold.yaml'), root)
  await writeFile(join(folder, 'api/skaffold.yaml'), api)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const run = (line: string): Promise<MainOutcome> => runMain(line.split(' '), { cwd: folder, env: { HOME: folder } })
const answer = async (line: string): Promise<unknown> => {
  const { stdout, stderr } = await run(`inspect ${line}`)
  expect(stdout, stderr).toMatch(/\n$/)
  expect(stdout.trim().split('\n')).toHaveLength(1)
  return JSON.parse(stdout.replaceAll(folder, '$ROOT')) as unknown
}

describe('lists', () => {
  test.each([
    [
      'modules list',
      {
        modules: [
          { name: 'api', path: '$ROOT/api/skaffold.yaml' },
          { name: 'web', path: '$ROOT/skaffold.yaml', isRoot: true },
        ],
      },
    ],
    [
      'modules list --all',
      {
        modules: [
          { name: 'api', path: '$ROOT/api/skaffold.yaml' },
          { name: 'web', path: '$ROOT/skaffold.yaml', isRoot: true },
          { name: '__config_1', path: '$ROOT/skaffold.yaml', isRoot: true },
        ],
      },
    ],
    [
      'profiles list',
      {
        profiles: [
          { name: 'gcb', path: '$ROOT/api/skaffold.yaml', module: 'api' },
          { name: 'gcb', path: '$ROOT/skaffold.yaml', module: 'web' },
          { name: 'quiet', path: '$ROOT/skaffold.yaml', module: 'web' },
        ],
      },
    ],
    ['profiles list -m api', { profiles: [{ name: 'gcb', path: '$ROOT/api/skaffold.yaml', module: 'api' }] }],
    [
      'profiles list --build-env googleCloudBuild',
      { profiles: [{ name: 'gcb', path: '$ROOT/skaffold.yaml', module: 'web' }] },
    ],
    [
      'build-env list',
      {
        build_envs: [
          { type: 'cluster', path: '$ROOT/api/skaffold.yaml', module: 'api' },
          { type: 'local', path: '$ROOT/skaffold.yaml', module: 'web' },
          { type: 'local', path: '$ROOT/skaffold.yaml' },
        ],
      },
    ],
    [
      'build-env list -p gcb -m web',
      {
        build_envs: [
          { type: 'local', path: '$ROOT/api/skaffold.yaml', module: 'api' },
          { type: 'googleCloudBuild', path: '$ROOT/skaffold.yaml', module: 'web' },
        ],
      },
    ],
  ])('%s', async (line, expected) => {
    expect(await answer(line)).toEqual(expected)
  })

  test('namespaces of rendered Deployments', async () => {
    const deployment = (name: string, namespace: string): string =>
      `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}${namespace}}\n`
    await writeFile(
      join(folder, 'rendered.yaml'),
      `${deployment('a', '')}---\n${deployment('b', ', namespace: own')}---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\n`,
    )
    expect(await answer('namespaces list rendered.yaml')).toEqual({
      resourceToInfoMap: {
        'apps/v1, Kind=Deployment': [
          { name: 'a', namespace: 'team' },
          { name: 'b', namespace: 'own' },
        ],
      },
    })
  })

  test('an error is printed as JSON, and on stderr as ever', async () => {
    const outcome = await run('inspect modules list -f none.yaml')
    expect(outcome.status).toBe(1)
    expect(JSON.parse(outcome.stdout)).toMatchObject({ errorCode: 'FILE_UNREADABLE' })
    expect(outcome.stderr).toContain('FILE_UNREADABLE')
  })
})

describe('changes', () => {
  const written = async (): Promise<ReturnType<typeof parseConfig>> => {
    const text = await readFile(join(folder, 'skaffold.yaml'), 'utf8')
    return parseConfig(text.replace('requires:\n  - path: api\n', ''), { file: 'skaffold.yaml', env: {} })
  }

  test('a build environment is added to the configuration', async () => {
    expect(await run('inspect build-env add local -m web --push=false --concurrency 0')).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    })
    expect((await written())[0]?.build.local).toEqual({ push: false, concurrency: 0 })
    expect((await written())[1]?.build.local).toBeUndefined()
  })

  test('a build environment is added to a profile, which is made', async () => {
    await run('inspect build-env add cluster --profile far --namespace builds --timeout 10m')
    const text = await readFile(join(folder, 'skaffold.yaml'), 'utf8')
    expect(text).toMatch(/ - build:\n {6}cluster:\n {8}namespace: builds\n {8}timeout: 10m\n {4}name: far/)
  })

  test('the one of a profile is changed', async () => {
    await run('inspect build-env modify googleCloudBuild -p gcb -m web --machineType big')
    expect(await answer('profiles list --build-env googleCloudBuild')).toMatchObject({ profiles: [{ name: 'gcb' }] })
    const text = await readFile(join(folder, 'skaffold.yaml'), 'utf8')
    expect(text).toMatch(/machineType: big\n +projectId: p/)
  })

  test('what requires names is added', async () => {
    await writeFile(join(folder, 'more.yaml'), '- path: far\n  configs: [x]\n')
    await run('inspect config-dependencies add more.yaml -m web')
    const text = await readFile(join(folder, 'skaffold.yaml'), 'utf8')
    expect(text).toMatch(/requires:\n {2}- path: api\n {2}- configs:\n {6}- x\n {4}path: far/)
  })

  test.each([
    ['build-env add googleCloudBuild -p gcb -m web', 'CONFIG_CONFLICT', 'the profile gcb has the build environment'],
    ['build-env modify googleCloudBuild', 'CONFIG_MISSING_FIELD', 'the configuration has no build environment'],
    ['config-dependencies add wrong.yaml', 'CONFIG_UNKNOWN_FIELD', 'pathh'],
    ['config-dependencies add map.yaml', 'CONFIG_WRONG_TYPE', 'map.yaml is no list of dependencies'],
  ])('%s is refused with %s and nothing is written', async (line, errorCode, message) => {
    await writeFile(join(folder, 'wrong.yaml'), '- pathh: x\n')
    await writeFile(join(folder, 'map.yaml'), 'path: x\n')
    expect(await answer(line)).toMatchObject({ errorCode, errorMessage: expect.stringContaining(message) as string })
    expect(await readFile(join(folder, 'skaffold.yaml'), 'utf8')).toBe(root)
  })
})

describe('verifications and actions', () => {
  beforeEach(() =>
    writeFile(
      join(folder, 'skaffold.yaml'),
      `${head}verify:\n- {name: a, container: {name: a, image: a}}\n- {name: b, container: {name: b, image: b}, executionMode: {kubernetesCluster: {jobManifestPath: job.yaml}}}\ncustomActions: [{name: c, containers: [{name: c, image: c}], executionMode: {kubernetesCluster: {}}}]\n`,
    ),
  )

  test('are listed with their mode and manifest', async () => {
    expect(await answer('executionModes list')).toEqual({
      verifyExecutionModes: { a: 'local', b: 'kubernetesCluster' },
      customActionsExecutionModes: { c: 'kubernetesCluster' },
    })
    expect(await answer('jobManifestPaths list')).toEqual({
      verifyJobManifestPaths: { b: 'job.yaml' },
      customActionJobManifestPaths: {},
    })
  })

  test('are printed with other manifests', async () => {
    const paths = { verifyJobManifestPaths: { b: 'new.yaml', a: 'x' }, customActionJobManifestPaths: { c: 'own.yaml' } }
    await writeFile(join(folder, 'paths.json'), JSON.stringify(paths))
    await run('inspect jobManifestPaths modify -i paths.json -o out.yaml')
    const [config] = parseConfig(await readFile(join(folder, 'out.yaml'), 'utf8'), { file: 'out.yaml', env: {} })
    expect(config?.verify?.map(({ executionMode }) => executionMode)).toEqual([
      { kind: 'local', useLocalImages: false },
      { kind: 'kubernetesCluster', jobManifestPath: 'new.yaml' },
    ])
    expect(config?.customActions?.[0]?.executionMode).toEqual({
      kind: 'kubernetesCluster',
      jobManifestPath: 'own.yaml',
    })
    expect((await run('inspect jobManifestPaths modify')).status).toBe(127)
  })
})

test('find-configs lists what can be read', async () => {
  await writeFile(join(folder, 'broken.yaml'), `${head}buildd: {}\n`)
  await writeFile(join(folder, 'k8s.yaml'), 'apiVersion: v1\nkind: Service\n')
  const { stdout } = await run('find-configs -o json')
  expect(JSON.parse(stdout)).toEqual({ 'skaffold.yaml': 'skaffold/v4beta14', 'api/skaffold.yaml': 'skaffold/v2beta29' })
  expect((await run('find-configs -d api')).stdout).toMatch(/^api\/skaffold\.yaml +\tskaffold\/v2beta29 +\n$/)
})

test('lint says what could be better, with its place', async () => {
  const { stdout, status } = await run('lint')
  expect(status).toBe(0)
  expect(stdout).toContain('api/skaffold.yaml:1:13: ID000001: ')
  expect(stdout).toContain('apiVersion: skaffold/v2beta29\n            ^\n')
  expect(stdout).toContain('skaffold.yaml:12:3: SKAFFOLD_YAML_PROFILE_EMPTY: ')
  const [first] = JSON.parse((await run('lint --format json')).stdout) as object[]
  expect(first).toMatchObject({ RelFilePath: 'api/skaffold.yaml', Line: 1, Column: 13 })
})

test('schema list and get, options', async () => {
  expect((await run('schema list')).stdout).toMatch(
    /^skaffold\/v1alpha1\n(?:skaffold\/v\w+\n){70}skaffold\/v4beta14\n$/,
  )
  expect(JSON.parse((await run('schema list -o json')).stdout)).toMatchObject({
    versions: expect.arrayContaining(['skaffold/v1']) as string[],
  })
  expect(JSON.parse((await run('schema get')).stdout)).toMatchObject({ title: 'skaffold/v4beta14' })
  expect(JSON.parse((await run('schema get v1beta2')).stdout)).toMatchObject({ title: 'skaffold/v1beta2' })
  await run('schema get -o schema.json')
  expect(JSON.parse(await readFile(join(folder, 'schema.json'), 'utf8'))).toMatchObject({ title: 'skaffold/v4beta14' })
  expect((await run('schema get v99')).status).toBe(127)
  expect((await run('options')).stdout).toMatch(/^The following options can be passed to any command:\n\n.*--verbosity/)
})

describe('tests of images', () => {
  const tests = `test:
- image: web
  structureTests: [./structure/*]
  structureTestsArgs: [--quiet]
  custom:
  - {command: ./one.sh, timeoutSeconds: 60, dependencies: {paths: [src], ignore: [src/*.md]}}
  - {command: ./two.sh}
`
  const expected = (structureTest: string): object => ({
    tests: [
      {
        testType: 'custom-test',
        Command: './one.sh',
        TimeoutSeconds: 60,
        Dependencies: { Command: '', Paths: ['src'], Ignore: ['src/*.md'] },
      },
      { testType: 'custom-test', Command: './two.sh', TimeoutSeconds: 0, Dependencies: null },
      { testType: 'structure-test', structureTest, structureTestArgs: ['--quiet'] },
    ],
  })

  test('are listed in the words of Skaffold', async () => {
    await writeFile(join(folder, 'skaffold.yaml'), head + tests)
    expect(await answer('tests list')).toEqual(expected('./structure/*'))
  })

  test('of a required configuration stand with the whole path', async () => {
    await writeFile(join(folder, 'skaffold.yaml'), `${head}requires: [{path: api}]\n`)
    await writeFile(join(folder, 'api/skaffold.yaml'), head + tests)
    expect(await answer('tests list')).toEqual(expected('$ROOT/api/structure/*'))
  })

  test('none is an empty list', async () => {
    expect(await answer('tests list')).toEqual({ tests: [] })
  })
})
