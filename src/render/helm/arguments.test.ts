import { describe, expect, test } from 'vitest'
import type { HelmRelease } from '../../config/index.ts'
import { installArguments, templateArguments, type InstallFacts, type ValueSources } from './arguments.ts'
import { imageVariables } from './image-variables.ts'

const release: HelmRelease = {
  name: 'web',
  chartPath: 'charts/web',
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

const images = [
  { image: 'app', reference: 'reg.example.com/team/app:v1@sha256:0a' },
  { image: 'gcr.io/x/a-b', reference: 'a-b:v2' },
]

function sources(more: Partial<ValueSources> = {}): ValueSources & { readonly warnings: readonly string[] } {
  const warnings: string[] = []
  const variables = imageVariables(images)
  const base = { env: { HOME: '/home/me', ENV: 'prod' }, variables, setters: {}, hasImages: true, warnings }
  return { ...base, warn: (text) => warnings.push(text), ...more }
}

const everything: HelmRelease = {
  ...release,
  setValues: { b: '2', a: '1' },
  setFiles: { f: '~/x y.txt', e: 'e.txt' },
  setValueTemplates: { 'image.tag': '{{.IMAGE_TAG}}', '{{.ENV}}.repo': '{{.IMAGE_REPO2}}' },
  valuesFiles: ['v.yaml', '~/{{.ENV}}.yaml'],
  version: '1.2.3',
  repo: 'https://charts.example.com',
  skipTests: true,
}

/** A flag with its value is one line. */
function pairs(args: readonly string[]): readonly string[] {
  const text = args.join('\n')
  return text.replaceAll(/^(-{1,2}(?!-|debug|skip-tests)[\w-]+)\n/gm, '$1 ').split('\n')
}

test('helm template is called as Skaffold calls it', () => {
  const flags = { template: ['--debug'], global: ['--burst-limit', '1'] }
  const given = { ...sources({ setters: { z: '26' }, overridesFile: '/tmp/o.yaml' }), namespace: 'team' }
  expect(pairs(templateArguments(everything, flags, given))).toEqual([
    'template',
    'web',
    'charts/web',
    '--debug',
    '--set a=1',
    '--set b=2',
    '--set-file e=e.txt',
    '--set-file f="/home/me/x y.txt"',
    '--set image.tag=v1',
    '--set prod.repo=a-b',
    '-f v.yaml',
    '-f /home/me/prod.yaml',
    '--set z=26',
    '-f /tmp/o.yaml',
    '--version 1.2.3',
    '--namespace team',
    '--repo https://charts.example.com',
    '--skip-tests',
  ])
})

describe('helm upgrade --install', () => {
  const facts: InstallFacts = { isInstalled: true, majorVersion: 3, postRenderer: ['--post-renderer', 'p'] }
  const flags = { install: ['--i'], upgrade: ['--u'], template: ['--t'] }
  test.each<[string, Partial<HelmRelease>, Partial<InstallFacts>, readonly string[]]>([
    ['an upgrade', {}, {}, ['--u', '--post-renderer', 'p', 'charts/web']],
    ['an installation', {}, { isInstalled: false }, ['--i', '--post-renderer', 'p', 'charts/web']],
    [
      'a namespace is only made by an installation',
      { createNamespace: true },
      { isInstalled: false, namespace: 'n' },
      ['--i', '--post-renderer', 'p', 'charts/web', '--namespace', 'n', '--create-namespace'],
    ],
    [
      'not by an upgrade',
      { createNamespace: true },
      { namespace: 'n' },
      ['--u', '--post-renderer', 'p', 'charts/web', '--namespace', 'n'],
    ],
    [
      'pods are recreated',
      { recreatePods: true },
      {},
      ['--u', '--recreate-pods', '--post-renderer', 'p', 'charts/web'],
    ],
    ['helm 4 cannot', { recreatePods: true }, { majorVersion: 4 }, ['--u', '--post-renderer', 'p', 'charts/web']],
    [
      'a packed chart has its version',
      { version: '1', packaged: { version: '2' } },
      { packagedChart: '/tmp/web-2.tgz' },
      ['--u', '--post-renderer', 'p', '/tmp/web-2.tgz'],
    ],
    ['the end', { wait: true }, {}, ['--u', '--post-renderer', 'p', 'charts/web', '--wait']],
  ])('%s', (_what, own, more, expected) => {
    const all = { ...release, ...own }
    expect(installArguments(all, flags, { sources: sources(), facts: { ...facts, ...more } })).toEqual(
      ['upgrade', 'web', '--install'].concat(expected),
    )
  })
})

describe('a value that is not there', () => {
  const templates = { ...release, setValueTemplates: { image: '{{.IMAGE_FULLY_QUALIFIED_app}}', x: '{{.NOPE}}' } }
  test('stands in the arguments as Skaffold has it, with a warning', () => {
    const given = sources()
    expect(templateArguments(templates, {}, given).slice(3)).toEqual([
      '--set',
      'image=reg.example.com/team/app:v1@sha256:0a',
      '--set',
      'x=<no value>',
    ])
    expect(given.warnings).toEqual([
      'release web: the template of x needs a value that is not there: "{{.NOPE}}" became "<no value>"',
    ])
  })

  test('is left to the chart where no image is known', () => {
    const given = sources({ variables: {}, hasImages: false })
    expect(templateArguments(templates, {}, given).slice(3)).toEqual([])
    expect(given.warnings).toHaveLength(2)
  })
})

test('images have variables by number and by name', () => {
  expect(imageVariables(images)).toMatchObject({
    IMAGE_NAME: 'app',
    IMAGE_REPO: 'reg.example.com/team/app',
    IMAGE_TAG: 'v1',
    IMAGE_DIGEST: 'sha256:0a',
    IMAGE_DOMAIN: 'reg.example.com',
    IMAGE_REPO_NO_DOMAIN: 'team/app',
    IMAGE_FULLY_QUALIFIED: 'reg.example.com/team/app:v1@sha256:0a',
    IMAGE_NAME2: 'gcr.io/x/a-b',
    IMAGE_REPO2: 'a-b',
    IMAGE_TAG_gcr_io_x_a_b: 'v2',
    IMAGE_DIGEST2: '',
    IMAGE_DOMAIN2: '',
    IMAGE_REPO_NO_DOMAIN2: 'a-b',
  })
})

test('a digest that is missing leaves no @ behind', () => {
  const templates = { ...release, setValueTemplates: { image: '{{.IMAGE_REPO2}}:{{.IMAGE_TAG2}}@{{.IMAGE_DIGEST2}}' } }
  expect(templateArguments(templates, {}, sources()).slice(3)).toEqual(['--set', 'image=a-b:v2'])
})
