import { describe, expect, test } from 'vitest'
import { parseConfig } from './parse-config.ts'
import { readResourceSelector } from './resource-selector.ts'
import type { SkaffoldConfig } from './types.ts'

const head = 'apiVersion: skaffold/v4beta14\nkind: Config\n'
const env = { USER: 'me', EMPTY: '' }

function parse(body: string): SkaffoldConfig {
  const [config] = parseConfig(head + body, { file: 'skaffold.yaml', env })
  if (config === undefined) throw new Error('there is no configuration')
  return config
}

describe('manifests that are looked for when none are named', () => {
  test.each([
    ['', ['k8s/*.yaml']],
    ['manifests: {rawYaml: [a.yaml]}\n', ['a.yaml']],
    ['manifests: {rawYaml: []}\n', ['k8s/*.yaml']],
    ['manifests: {kustomize: {}}\n', []],
    ['manifests: {helm: {releases: []}}\n', []],
    ['manifests: {kpt: [pkg]}\n', []],
    ['manifests: {remoteManifests: [{manifest: deployment/web}]}\n', ['k8s/*.yaml']],
    ['deploy: {kubectl: {}}\n', ['k8s/*.yaml']],
    ['deploy: {helm: {releases: []}}\n', ['k8s/*.yaml']],
  ])('%j', (body, expected) => {
    expect(parse(body).manifests.rawYaml).toEqual(expected)
  })

  test('several configurations of one file have no default', () => {
    const configs = parseConfig(`${head}---\n${head}`, { file: 'skaffold.yaml', env })
    expect(configs.map(({ manifests }) => manifests.rawYaml)).toEqual([[], []])
  })
})

test('what is rendered', () => {
  const { manifests } = parse(`manifests:
  rawYaml: ["{{.USER}}/*.yaml", "https://example.com/x.yaml"]
  remoteManifests: [{manifest: "ns:deployment/web", kubeContext: other}]
  kustomize:
    paths: ["overlays/{{.USER}}"]
    buildArgs: ["--load-restrictor LoadRestrictionsNone"]
  kpt: [pkg]
  transform: [{name: set-labels, configMap: ["a:b"]}]
  validate: [{name: kubeval}]
  hooks:
    before: [{host: {command: [make, x], os: [linux], dir: sub}}]
    after: [{host: {command: [sed, s/a/b/], withChange: true}}]
`)
  expect(manifests).toEqual({
    rawYaml: ['me/*.yaml', 'https://example.com/x.yaml'],
    remoteManifests: [{ manifest: 'ns:deployment/web', kubeContext: 'other' }],
    kustomize: { paths: ['overlays/me'], buildArgs: ['--load-restrictor LoadRestrictionsNone'] },
    kpt: ['pkg'],
    transform: [{ name: 'set-labels', configMap: ['a:b'] }],
    validate: [{ name: 'kubeval' }],
    hooks: {
      before: [{ host: { command: ['make', 'x'], os: ['linux'], dir: 'sub' } }],
      after: [{ host: { command: ['sed', 's/a/b/'], withChange: true } }],
    },
  })
})

test('kustomize without paths is for the folder of the file', () => {
  expect(parse('manifests: {kustomize: {}}\n').manifests.kustomize).toEqual({ paths: ['.'], buildArgs: [] })
})

const bare = {
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

describe('helm', () => {
  test('a release with everything', () => {
    const { deploy } = parse(`deploy:
  helm:
    concurrency: 0
    flags: {global: [--debug], install: [--atomic], depBuild: [--skip-refresh]}
    hooks: {before: [{host: {command: [make]}}], after: [{container: {command: [ls], podName: web-*}}]}
    releases:
    - name: "web-{{.USER}}"
      chartPath: "charts/{{.USER}}"
      version: "{{.USER}}-1"
      namespace: "ns-{{.USER}}"
      createNamespace: false
      dependsOn: [db]
      valuesFiles: ["{{.IMAGE_TAG}}.yaml"]
      setValues:
        replicas: 3
        image: {repository: "{{.USER}}", pullPolicy: Always, ports: [80, 0x10]}
        literal: "{{ .Values.x }}"
        nothing: null
      setValueTemplates: {image.tag: "{{.IMAGE_TAG}}"}
      setFiles: {cert: ca.pem}
      overrides: {a: {b: [1, "2", yes, null]}}
      packaged: {version: "1.{{.USER}}", appVersion: "2"}
      upgradeOnChange: false
      wait: true
`)
    expect(deploy.helm).toEqual({
      concurrency: 0,
      flags: { global: ['--debug'], install: ['--atomic'], depBuild: ['--skip-refresh'] },
      hooks: {
        before: [{ host: { command: ['make'] } }],
        after: [{ container: { command: ['ls'], podName: 'web-*' } }],
      },
      releases: [
        {
          ...bare,
          name: 'web-me',
          chartPath: 'charts/me',
          version: 'me-1',
          namespace: 'ns-me',
          createNamespace: false,
          dependsOn: ['db'],
          valuesFiles: ['{{.IMAGE_TAG}}.yaml'],
          setValues: {
            replicas: '3',
            'image.repository': 'me',
            'image.pullPolicy': 'Always',
            'image.ports[0]': '80',
            'image.ports[1]': '0x10',
            literal: '{{ .Values.x }}',
            nothing: '<nil>',
          },
          setValueTemplates: { 'image.tag': '{{.IMAGE_TAG}}' },
          setFiles: { cert: 'ca.pem' },
          overrides: { a: { b: [1, '2', true, null] } },
          packaged: { version: '1.me', appVersion: '2' },
          upgradeOnChange: false,
          wait: true,
        },
      ],
    })
  })

  test('a release with nothing but a name and a chart', () => {
    const { manifests } = parse('manifests: {helm: {releases: [{name: a, remoteChart: "oci://x/y"}]}}\n')
    expect(manifests.helm).toEqual({ flags: {}, releases: [{ ...bare, name: 'a', remoteChart: 'oci://x/y' }] })
  })

  test.each([
    ['a name with a variable that is not set', '{name: "{{.NOPE}}", chartPath: c}', 'CONFIG_TEMPLATE_INVALID'],
    ['a chart with one', '{name: a, chartPath: "{{.NOPE}}"}', 'CONFIG_TEMPLATE_INVALID'],
    ['no name', '{chartPath: c}', 'CONFIG_MISSING_FIELD'],
    ['a field that is not there', '{name: a, chart: c}', 'CONFIG_UNKNOWN_FIELD'],
  ])('%s is refused', (_what, release, code) => {
    expect(() => parse(`manifests:\n  helm:\n    releases:\n    - ${release}\n`)).toThrow(
      expect.objectContaining({ code }),
    )
  })
})

describe('resourceSelector', () => {
  const rules = { allow: [{ groupKind: 'X.y', image: ['.*'] }], deny: [{ groupKind: 'Job.batch', labels: ['.*'] }] }
  test('in the configuration', () => {
    expect(parse(`resourceSelector: ${JSON.stringify(rules)}\n`).resourceSelector).toEqual(rules)
    expect(parse('').resourceSelector).toBeUndefined()
  })

  test('in a file of its own', () => {
    const text = 'allow:\n- groupKind: X.y\n  image: [".*"]\ndeny:\n- {groupKind: Job.batch, labels: [".*"]}\n'
    expect(readResourceSelector({ file: 'rules.yaml', text })).toEqual(rules)
    expect(readResourceSelector({ file: 'rules.yaml', text: '' })).toEqual({})
    expect(() => readResourceSelector({ file: 'rules.yaml', text: 'allowed: []\n' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_UNKNOWN_FIELD', where: 'rules.yaml:1:1' }),
    )
  })
})
