import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseConfig } from '../config/index.ts'
import type { Event } from '../events/index.ts'
import { analyzeProject, initProject, type InitOptions, type InitResult } from './index.ts'

let folder = ''
let events: Event[] = []
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'catamaran-init-')), 'shop')
  events = []
})
afterEach(() => rm(dirname(folder), { recursive: true, force: true }))

const docker = 'FROM scratch\nEXPOSE 8080/tcp 9090\nCOPY . .\n'
const deployment = (image: string, name = 'web'): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}}\nspec: {template: {spec: {containers: [{name: c, image: "${image}"}]}}}\n`

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}

const options = (more: Partial<InitOptions>): InitOptions => ({
  artifacts: [],
  manifests: [],
  generateManifests: false,
  skipBuild: false,
  force: false,
  platforms: () => Promise.resolve([]),
  ...more,
})
const context = () => ({
  folder,
  emit: (event: Event) => void events.push(event),
  signal: new AbortController().signal,
})
const init = (more: Partial<InitOptions> = {}): Promise<InitResult> => initProject(context(), options(more))
const summary = async (more: Partial<InitOptions> = {}): Promise<readonly string[]> => {
  const { pairs } = await init(more)
  return pairs.map(({ builder, image }) => `${image}: ${builder.kind} ${builder.path}`)
}

describe('images are paired with what builds them', () => {
  test.each([
    [
      'one of each',
      { Dockerfile: docker, 'k8s/web.yaml': deployment('example.com/web:v1') },
      ['example.com/web: Docker Dockerfile'],
    ],
    [
      'by the folder; other images are left alone',
      {
        'web/Dockerfile': docker,
        'api/Dockerfile': docker,
        'k8s/web.yaml': `${deployment('example.com/web')}---\n${deployment('api', 'api')}---\n${deployment('redis:7', 'cache')}`,
      },
      ['example.com/web: Docker web/Dockerfile', 'api: Docker api/Dockerfile'],
    ],
    [
      'by the ending of the file',
      {
        'Dockerfile.web': docker,
        'api.Dockerfile': docker,
        'k8s.yaml': `${deployment('web')}---\n${deployment('api', 'api')}`,
      },
      ['web: Docker Dockerfile.web', 'api: Docker api.Dockerfile'],
    ],
    [
      'by what Jib says',
      {
        'a/pom.xml':
          '<project><build><plugins><plugin><artifactId>jib-maven-plugin</artifactId><configuration><to><image>example.com/a</image></to></configuration></plugin></plugins></build></project>',
        'b/build.gradle':
          "plugins { id 'com.google.cloud.tools.jib' version '3' }\njib { to { image = 'example.com/b' } }\n",
        'k8s.yaml': `${deployment('example.com/a')}---\n${deployment('example.com/b', 'b')}`,
      },
      ['example.com/a: Jib Maven Plugin a/pom.xml', 'example.com/b: Jib Gradle Plugin b/build.gradle'],
    ],
    [
      'ko by its scheme',
      { 'go.mod': 'module x\n', 'k8s.yaml': deployment('ko://example.com/x') },
      ['ko://example.com/x: Ko go.mod'],
    ],
    [
      'buildpacks where there is nothing else',
      { 'package.json': '{}', 'k8s.yaml': deployment('web') },
      ['web: Buildpacks package.json'],
    ],
    [
      'a Dockerfile before buildpacks',
      { 'package.json': '{}', Dockerfile: docker, 'k8s.yaml': deployment('web') },
      ['web: Docker Dockerfile'],
    ],
    [
      'what is hidden, installed or no Dockerfile does not count',
      {
        Dockerfile: docker,
        'Dockerfile.md': '# how to',
        '.cache/Dockerfile': docker,
        'node_modules/x/Dockerfile': docker,
        'k8s.yaml': deployment('web'),
      },
      ['web: Docker Dockerfile'],
    ],
  ])('%s', async (_, files, expected) => {
    await write(files)
    expect(await summary()).toEqual(expected)
  })

  const unclear = {
    'a/Dockerfile': docker,
    'b/Dockerfile': docker,
    'k8s.yaml': `${deployment('one')}---\n${deployment('two', 'two')}`,
  }

  test('nobody can be asked', async () => {
    await write(unclear)
    await expect(init()).rejects.toMatchObject({
      code: 'INIT_AMBIGUOUS',
      hint: `say which is which: -a '{"builder":"Docker","payload":{"path":"a/Dockerfile"},"image":"one"}'`,
    })
    await expect(init({ force: true })).rejects.toMatchObject({ code: 'INIT_AMBIGUOUS' })
  })

  test('somebody is asked, and builders without an image get a name', async () => {
    await write(unclear)
    const pairs = await summary({
      choose: (image, builders) => Promise.resolve(image === 'one' ? builders[1] : undefined),
    })
    expect(pairs).toEqual(['one: Docker b/Dockerfile', 'a: Docker a/Dockerfile'])
  })

  test('--force takes the better of two for one image', async () => {
    await write({ 'a/package.json': '{}', 'b/Dockerfile': docker, 'k8s.yaml': deployment('one') })
    expect(await summary({ force: true })).toEqual(['one: Docker b/Dockerfile'])
  })

  test('what is said with -a is all that is built', async () => {
    await write(unclear)
    expect(await summary({ artifacts: ['a/Dockerfile=one,b/Dockerfile=two'] })).toEqual([
      'one: Docker a/Dockerfile',
      'two: Docker b/Dockerfile',
    ])
    const json = '{"builder":"Buildpacks","payload":{"path":"a/package.json"},"image":"one","context":"a"}'
    expect(await summary({ artifacts: [json] })).toEqual(['one: Buildpacks a/package.json'])
  })

  test.each([
    ['a', 'malformed artifact provided: a'],
    ['a=b=c', 'malformed artifact provided: a=b=c'],
    ['{"builder":"Make","payload":{},"image":"x"}', 'unknown builder type in CLI artifacts: "Make"'],
    ['{"builder"', 'malformed artifact provided'],
    ['{"builder":"Docker","payload":{},"image":"x"}', 'malformed artifact provided'],
  ])('-a %s is refused', async (artifact, message) => {
    await write({ Dockerfile: docker, 'k8s.yaml': deployment('web') })
    await expect(init({ artifacts: [artifact] })).rejects.toThrow(message)
  })
})

describe('the configuration', () => {
  test('has artifacts, manifests and platforms, and is valid', async () => {
    await write({ 'web/docker/Dockerfile.prod': docker, 'k8s/a.yaml': deployment('web'), 'README.yaml': 'a: 1\n' })
    const { config } = await init({
      platforms: () => Promise.resolve(['linux/amd64', 'linux/arm64']),
    })
    expect(config).toBe(`apiVersion: skaffold/v4beta14
kind: Config
metadata:
  name: shop
build:
  platforms:
    - linux/amd64
    - linux/arm64
  artifacts:
    - image: web
      context: web/docker
      docker:
        dockerfile: Dockerfile.prod
manifests:
  rawYaml:
    - k8s/a.yaml
`)
    expect(parseConfig(config, { file: 'skaffold.yaml', env: {} })).toHaveLength(1)
  })

  test('takes kustomizations that no other refers to, the others as profiles', async () => {
    await write({
      Dockerfile: docker,
      'base/kustomization.yaml': 'resources:\n- web.yaml\n',
      'base/web.yaml': deployment('web'),
      'overlays/dev/kustomization.yaml': 'resources: \n  - ../../base\n',
      'overlays/prod/kustomization.yaml': 'bases:\n- ../../base/\n',
    })
    const { config } = await init()
    expect(config).toContain('kustomize:\n    paths:\n      - overlays/dev\n')
    expect(config).toMatch(
      /profiles:\n {2}- name: prod\n {4}manifests:\n {6}kustomize:\n {8}paths:\n {10}- overlays\/prod/,
    )
    expect(config).not.toContain('rawYaml')
  })

  test('takes charts as releases', async () => {
    await write({ 'charts/web/Chart.yaml': 'name: web\n', 'charts/web/templates/a.yaml': deployment('{{.x}}') })
    const { config } = await init({ skipBuild: true })
    expect(config).toContain('helm:\n    releases:\n      - name: web\n        chartPath: charts/web\n')
  })

  test('builds nothing when building is left out', async () => {
    await write({ Dockerfile: docker, 'k8s.yaml': deployment('web') })
    expect((await init({ skipBuild: true })).config).not.toContain('build:')
  })

  test('takes the manifests that are named', async () => {
    await write({ Dockerfile: docker, 'a.yaml': deployment('one'), 'b.yaml': deployment('two') })
    const { config } = await init({ manifests: ['b.yaml'] })
    expect(config).toContain('image: two')
    expect(config).toContain('rawYaml:\n    - b.yaml\n')
  })
})

describe('manifests are made', () => {
  test('for images that no manifest names, with the ports of the Dockerfile', async () => {
    await write({ 'web/Dockerfile': docker })
    const { config, generated } = await init({ generateManifests: true })
    expect([...generated.keys()]).toEqual(['web/deployment.yaml'])
    const text = generated.get('web/deployment.yaml') ?? ''
    expect(text).toContain('kind: Service')
    expect(text).toContain('containerPort: 8080')
    expect(text).toContain('image: web\n')
    expect(config).toContain('rawYaml:\n    - web/deployment.yaml\n')
  })

  test('of a compose file', async () => {
    await write({
      'docker-compose.yml': `services:
  web:
    build: {context: ./web, dockerfile: Dockerfile.dev}
    image: example.com/web:v1
    ports: ["80:8080", {target: 9090}]
    environment: [A=b=c, EMPTY]
    command: serve --port "80 80"
    volumes: [data:/data]
  my_db:
    image: postgres:16
    environment: {POSTGRES_PASSWORD: secret}
`,
    })
    const { config, generated, pairs } = await init({ composeFile: 'docker-compose.yml' })
    expect(pairs).toEqual([
      { builder: { kind: 'Docker', path: 'web/Dockerfile.dev' }, image: 'example.com/web', context: 'web' },
    ])
    expect([...generated.keys()]).toEqual(['web-deployment.yaml', 'my-db-deployment.yaml'])
    expect(generated.get('web-deployment.yaml')).toContain(
      'args:\n            - serve\n            - --port\n            - 80 80\n',
    )
    expect(generated.get('web-deployment.yaml')).toContain('value: b=c')
    expect(generated.get('my-db-deployment.yaml')).toContain('image: postgres:16')
    expect(config).toContain('context: web\n      docker:\n        dockerfile: Dockerfile.dev\n')
    expect(events).toContainEqual({
      type: 'warning',
      text: 'docker-compose.yml: volumes of the service web is not put into its manifest',
    })
  })

  test.each([
    ['a: [', 'is not valid YAML'],
    ['services: {}', 'has no services'],
    ['- a', 'is no compose file'],
  ])('of no compose file like %s', async (text, message) => {
    await write({ 'c.yml': text })
    await expect(init({ composeFile: 'c.yml' })).rejects.toThrow(message)
  })
})

test.each([
  [{}, 'pass --generate-manifests to have them made'],
  [{ Dockerfile: docker }, 'pass --generate-manifests to have them made'],
  [{ 'compose.yaml': 'services: {}\n' }, 'pass --compose-file=compose.yaml to have them made from it'],
  [{ 'k8s.yaml': deployment('web') }, 'add a Dockerfile, or pass --skip-build'],
])('%j is too little', async (files, hint) => {
  await write({ 'README.md': '', ...files })
  await expect(init()).rejects.toMatchObject({ code: 'INIT_NOTHING_FOUND', hint })
})

test('an analysis lists builders and images, those that are paired first', async () => {
  await write({
    'web/Dockerfile': docker,
    'api/pom.xml': '<plugin><artifactId>jib-maven-plugin</artifactId></plugin>',
    'k8s.yaml': `${deployment('other:v1')}---\n${deployment('web:v1')}`,
  })
  expect(await analyzeProject(context(), options({}))).toEqual({
    builders: [
      { name: 'Docker', payload: { path: 'web/Dockerfile' } },
      { name: 'Jib Maven Plugin', payload: { path: 'api/pom.xml' } },
    ],
    images: [
      { name: 'web', foundMatch: true },
      { name: 'other', foundMatch: false },
    ],
  })
  expect(await analyzeProject(context(), options({ skipBuild: true }))).toEqual({
    images: [
      { name: 'other', foundMatch: false },
      { name: 'web', foundMatch: false },
    ],
  })
})
