import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { fakePrograms, type FakePrograms } from '../../test/support/fake-programs.ts'
import type { HelmRelease, ManifestsConfig } from '../config/index.ts'
import type { Event } from '../events/index.ts'
import { runProcess } from '../subprocess/index.ts'
import { resourceName } from '../resource/index.ts'
import { loadManifests, type LoadedManifests, type ManifestsRequest } from './load-manifests.ts'
import { manifestFiles } from './manifest-files.ts'

const object = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`
const print = (name: string): string => `process.stdout.write(${JSON.stringify(object(name))})`

let folder: string
let programs: FakePrograms
let events: Event[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manifests-'))
  events = []
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function files(names: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(names)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
}

async function load(
  manifests: Partial<ManifestsConfig>,
  { env = {}, ...more }: Partial<ManifestsRequest> & { readonly env?: Readonly<Record<string, string>> } = {},
): Promise<LoadedManifests & { readonly names: readonly string[] }> {
  const signal = new AbortController().signal
  const google = async (): Promise<never> => Promise.reject(new Error('nothing comes from Google'))
  const emit = (event: Event): void => void events.push(event)
  const outside = { runProcess, env, signal, folder, cwd: folder, google, emit }
  const request = { manifests: { rawYaml: [], ...manifests }, images: [], setters: {}, ...more }
  const loaded = await loadManifests(outside, request)
  return { ...loaded, names: loaded.resources.map((resource) => resourceName(resource.object).replace(/^.*\//, '')) }
}

describe('files', () => {
  test('that are not UTF-8 are refused', async () => {
    await writeFile(join(folder, 'a.yaml'), Buffer.from(`${object('a')}data: {drink: caf\u00E9}\n`, 'latin1'))
    await expect(load({ rawYaml: ['a.yaml'] })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: 'the manifest a.yaml is not UTF-8 text',
    })
  })

  test('in the order of the patterns, each once', async () => {
    await files({ 'k8s/b.yaml': object('b'), 'k8s/a.yml': object('a'), 'k8s/c.txt': 'no', 'z.yaml': object('z') })
    expect((await load({ rawYaml: ['z.yaml', 'k8s/*', 'k8s/b.yaml'] })).names).toEqual(['z', 'a', 'b'])
  })

  test('`**` without a match is told as it was written, with what it means', async () => {
    await expect(load({ rawYaml: ['deep/**/*.yml'] })).rejects.toMatchObject({
      code: 'WORKSPACE_NO_MATCH',
      message: expect.stringMatching(/no file in .* matches deep\/\*\*\/\*\.yml$/),
      hint: expect.stringContaining('deep/*/*.yml'),
    })
  })

  test('`**` goes into one folder, as in Go', async () => {
    await files({ 'top.yaml': object('top'), 'a/one.yaml': object('one'), 'a/b/two.yaml': object('two') })
    expect((await load({ rawYaml: ['**/*.yaml'] })).names).toEqual(['one'])
  })

  test('a pattern without files is an error, but the default is only missed', async () => {
    await expect(load({ rawYaml: ['no/*.yaml'] })).rejects.toMatchObject({ code: 'WORKSPACE_NO_MATCH' })
    expect((await load({ rawYaml: ['k8s/*.yaml'] })).names).toEqual([])
    expect(events).toEqual([{ type: 'warning', text: 'k8s/*.yaml did not match any file' }])
    events = []
    await load({ rawYaml: ['k8s/*.yaml'] }, { installsReleases: true })
    expect(events).toEqual([])
  })

  test('a mistake is told with its place', async () => {
    await files({ 'k8s/a.yaml': `${object('a')}---\nkind: Pod\n` })
    await expect(load({ rawYaml: ['k8s/*.yaml'] })).rejects.toMatchObject({
      code: 'RESOURCE_INVALID',
      where: expect.stringMatching(/^k8s[/\\]a\.yaml:5:1$/) as string,
    })
  })

  test('values are put where comments ask for them', async () => {
    await files({
      'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: "1" # from-param: ${x}\n',
    })
    const { resources } = await load({ rawYaml: ['a.yaml'] }, { setters: { x: '2' } })
    expect(resources[0]?.object['data']).toEqual({ x: '2' })
  })
})

describe('URLs', () => {
  let server: Server
  let address: string
  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/moved') response.writeHead(302, { location: '/a.yaml' }).end()
      else if (request.url === '/a.yaml') response.end(object('remote'))
      else response.writeHead(404).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(async () => new Promise((resolve) => server.close(resolve)))

  test('are fetched behind the files, redirects followed', async () => {
    await files({ 'z.yaml': object('z') })
    expect((await load({ rawYaml: [`${address}/moved`, 'z.yaml'] })).names).toEqual(['z', 'remote'])
  })

  test('that are not there say so', async () => {
    await expect(load({ rawYaml: [`${address}/nope`] })).rejects.toMatchObject({
      code: 'REMOTE_MANIFEST_FAILED',
      message: `cannot read the manifest ${address}/nope: the server answered with 404`,
    })
  })
})

const release: HelmRelease = {
  name: 'web',
  chartPath: 'chart',
  namespace: 'team',
  valuesFiles: [],
  setValues: {},
  setValueTemplates: {},
  setFiles: {},
  skipBuildDependencies: false,
  skipTests: false,
  useHelmSecrets: false,
  recreatePods: false,
  wait: false,
}

describe('programs', () => {
  afterEach(async () => programs.close())

  test('everything comes in the order of Skaffold', async () => {
    await files({ 'a.yaml': object('raw') })
    programs = await fakePrograms({
      kpt: print('kpt'),
      kubectl: print('cluster'),
      kustomize: print('kustomized'),
      helm: print('chart'),
    })
    const { names, resources, ofReleases } = await load(
      {
        rawYaml: ['a.yaml'],
        kpt: ['pkg'],
        remoteManifests: [{ manifest: 'ns:deployment/web', kubeContext: 'other' }],
        kustomize: { paths: ['overlay'], buildArgs: ['--a b', '--c'] },
        helm: { flags: { global: ['--debug'] }, releases: [release] },
      },
      { env: programs.env, namespace: 'mine' },
    )
    expect(names).toEqual(['kpt', 'raw', 'cluster', 'kustomized', 'chart'])
    expect([...ofReleases]).toEqual([[resources[4], 'mine']])
    const calls = (await programs.calls()).map(({ name, args }) => [name, ...args].join(' ')).sort()
    expect(calls).toEqual([
      'helm template web chart --namespace mine --debug',
      'kpt fn render pkg -o unwrap',
      'kubectl --context other --namespace ns get deployment/web -o yaml',
      `kustomize build --a b --c ${join(folder, 'overlay')}`,
    ])
  })

  test('kubectl stands in for kustomize', async () => {
    programs = await fakePrograms({ kubectl: print('kustomized') })
    const kustomize = { paths: ['https://example.com/repo//base'], buildArgs: [] }
    expect((await load({ kustomize }, { env: programs.env })).names).toEqual(['kustomized'])
    const [call] = await programs.calls()
    expect(call?.args).toEqual(['kustomize', 'https://example.com/repo//base'])
  })

  test('what a kustomization is made of gets its values before kustomize drops the comments', async () => {
    await files({
      'over/kustomization.yaml': 'resources: [../base]\npatches: [{path: p.yaml}]\n',
      'over/p.yaml': `${object('p')}data:\n  x: a # from-param: \${x}\n`,
      'base/kustomization.yml': 'resources: [b.yaml]\nconfigMapGenerator: [{name: g, files: [k=f.txt]}]\n',
      'base/b.yaml': object('b'),
      'base/f.txt': 'x: a # from-param: ${x}\n',
    })
    programs = await fakePrograms({
      kustomize: `const at = (name) => fs.readFileSync(path.join(args.at(-1), name), 'utf8')
if (at('../base/f.txt') !== 'x: a # from-param: \${x}\\n') throw new Error('changed')
process.stdout.write(at('p.yaml') + '---\\n' + at('../base/b.yaml'))`,
    })
    const kustomize = { paths: ['over'], buildArgs: [] }
    const { resources } = await load({ kustomize }, { env: programs.env, setters: { x: 'b' } })
    expect(resources.map((one) => one.object['data'])).toEqual([{ x: 'b' }, undefined])
  })

  test('kpt functions change what is not of a chart', async () => {
    await files({ 'a.yaml': object('raw') })
    programs = await fakePrograms({
      kpt: `process.stdout.write(fs.readFileSync(0, 'utf8').replace('raw', 'changed'))`,
      helm: print('raw'),
    })
    const transform = [{ name: 'set-labels', configMap: ['a:b:c'] }]
    const helm = { flags: {}, releases: [release] }
    const { names } = await load({ rawYaml: ['a.yaml'], transform, helm }, { env: programs.env })
    expect(names).toEqual(['changed', 'raw'])
    const call = (await programs.calls()).find(({ name }) => name === 'kpt')
    expect(call?.args.slice(-3)).toEqual(['-', '--', 'a=b:c'])
  })

  test.each<[string, Partial<ManifestsConfig>, string, string]>([
    ['helm', { helm: { flags: {}, releases: [release] } }, 'HELM_FAILED', 'rendering release web failed: broken'],
    [
      'kustomize',
      { kustomize: { paths: ['x'], buildArgs: [] } },
      'KUSTOMIZE_FAILED',
      'building the kustomization x failed: broken',
    ],
    ['kpt', { kpt: ['pkg'] }, 'KPT_FAILED', 'kpt fn render pkg failed: broken'],
    [
      'kubectl',
      { remoteManifests: [{ manifest: 'a/b' }] },
      'REMOTE_MANIFEST_FAILED',
      'reading a/b from the cluster failed: broken',
    ],
  ])('what %s says when it fails is told', async (name, manifests, code, message) => {
    programs = await fakePrograms({ [name]: 'console.error("broken"); process.exit(3)' })
    await expect(load(manifests, { env: programs.env })).rejects.toMatchObject({ code, message })
  })

  test.each<[string, Partial<ManifestsConfig>]>([
    ['helm', { helm: { flags: {}, releases: [release] } }],
    ['kubectl', { kustomize: { paths: ['x'], buildArgs: [] } }],
    ['kpt', { validate: [], transform: [{ name: 'set-labels' }] }],
  ])('%s that is not installed is named', async (name, manifests) => {
    programs = await fakePrograms({})
    await expect(load(manifests, { env: programs.env })).rejects.toMatchObject({
      code: 'PROGRAM_MISSING',
      hint: expect.stringContaining(name) as string,
    })
  })

  test('a function that nobody knows is refused', async () => {
    programs = await fakePrograms({})
    const transform = [{ name: 'set-nothing' }]
    await expect(load({ transform }, { env: programs.env })).rejects.toMatchObject({ code: 'CONFIG_VALUE_INVALID' })
  })

  test('a chart that prints no manifests is told with its release', async () => {
    programs = await fakePrograms({ helm: 'console.log("hello: [world")' })
    await expect(load({ helm: { flags: {}, releases: [release] } }, { env: programs.env })).rejects.toMatchObject({
      code: 'RESOURCE_INVALID',
      where: expect.stringMatching(/^helm release web:/) as string,
    })
  })

  test('dependencies of a chart are fetched once, and not for a chart that has none', async () => {
    await files({ 'chart/Chart.yaml': 'name: c\n', 'other/Chart.yaml': 'name: o\ndependencies: []\n' })
    programs = await fakePrograms({ helm: `if (args[0] === 'template') ${print('x')}` })
    const other = { ...release, chartPath: 'other' }
    const releases = [release, other, { ...other, name: 'second' }, { ...other, skipBuildDependencies: true }]
    await load({ helm: { flags: { depBuild: ['--skip-refresh'] }, releases } }, { env: programs.env })
    const builds = (await programs.calls()).filter(({ args }) => args[0] === 'dep')
    expect(builds.map(({ args }) => args)).toEqual([['dep', 'build', 'other', '--skip-refresh']])
  })

  test('overrides are a file, and templates run programs', async () => {
    programs = await fakePrograms({
      helm: `const file = args[args.indexOf('-f') + 1]
process.stdout.write(${JSON.stringify(object('x'))} + 'data: ' + fs.readFileSync(file, 'utf8'))`,
      who: 'console.log("me")',
    })
    const own = { ...release, overrides: { a: { b: 1 } }, setValueTemplates: { who: '{{cmd "who"}}' } }
    const { resources } = await load({ helm: { flags: {}, releases: [own] } }, { env: programs.env })
    expect(resources[0]?.object['data']).toEqual({ a: { b: 1 } })
    const call = (await programs.calls()).find(({ name }) => name === 'helm')
    expect(call?.args.slice(3, 5)).toEqual(['--set', 'who=me'])
  })
})

test('files that manifests are made of', async () => {
  await files({
    'k8s/a.yaml': object('a'),
    'over/Kustomization': 'resources: [../base, https://example.com/x]\npatchesStrategicMerge: [p.yaml]\n',
    'over/p.yaml': '',
    'base/kustomization.yaml': 'resources: [b.yaml, gone.yaml]\n',
    'base/b.yaml': '',
    'chart/Chart.yaml': '',
    'chart/Chart.lock': '',
    'chart/charts/dep.tgz': '',
    'chart/templates/a.yaml': '',
    'values.yaml': '',
    'ca.pem': '',
  })
  const own = { ...release, valuesFiles: ['values.yaml', '{{.X}}.yaml'], setFiles: { ca: 'ca.pem' } }
  const manifests = {
    rawYaml: ['k8s/*.yaml', 'https://example.com/a.yaml'],
    kustomize: { paths: ['over', 'https://example.com/y'], buildArgs: [] },
  }
  const found = await manifestFiles(folder, manifests, { flags: {}, releases: [own] })
  expect(found.map((path) => relative(folder, path)).toSorted()).toEqual([
    'base/b.yaml',
    'base/kustomization.yaml',
    'ca.pem',
    'chart/Chart.yaml',
    'chart/templates/a.yaml',
    'k8s/a.yaml',
    'over/Kustomization',
    'over/p.yaml',
    'values.yaml',
  ])
})
