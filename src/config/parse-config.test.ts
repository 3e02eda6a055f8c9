import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isToolError } from '../errors/index.ts'
import { parseConfig, type ParseConfigOptions } from './parse-config.ts'
import type { SkaffoldConfig } from './types.ts'

const head = 'apiVersion: skaffold/v4beta14\nkind: Config\n'

function parse(body: string, options: Partial<ParseConfigOptions> = {}): readonly SkaffoldConfig[] {
  return parseConfig(head + body, { file: 'app/skaffold.yaml', env: { USER: 'me', EMPTY: '' }, ...options })
}

function parseOne(body: string, options: Partial<ParseConfigOptions> = {}): SkaffoldConfig {
  const [config] = parse(body, options)
  if (config === undefined) throw new Error('there is no configuration')
  return config
}

const everything = `metadata:
  name: shop
build:
  platforms: [linux/amd64, linux/arm64]
  insecureRegistries: [registry.local:5000]
  local: {push: yes, concurrency: 0, tryImportMissing: false, useBuildkit: true}
  tagPolicy:
    envTemplate: {template: "{{.USER}}-v1"}
  artifacts:
    - image: web
      context: web
      platforms: ["linux/amd64"]
      docker:
        dockerfile: docker/Dockerfile
        target: release
        noCache: true
        buildArgs:
          VERSION: 1.10
          WHO: "{{.USER}}"
          NONE: "{{.NOPE}}"
          USER:
          NOPE: null
          BLANK: ""
    - image: api
      custom:
        buildCommand: ./build.sh {{.USER}}
        dependencies:
          paths: [src]
          ignore: ["*.md"]
manifests:
  rawYaml: [k8s/*.yaml, "{{.USER}}/*.yaml"]
deploy:
  kubeContext: prod
  statusCheck: false
  statusCheckDeadlineSeconds: 30
  tolerateFailuresUntilDeadline: true
  kubectl: {defaultNamespace: "{{.USER}}-ns"}
  logs: {prefix: none}
`

describe('reads', () => {
  test('what a script depends on through a Dockerfile', () => {
    const text =
      'build: {artifacts: [{image: a, custom: {buildCommand: x, dependencies: {dockerfile: {path: D, buildArgs: {A: b}}}}}]}\n'
    expect(parseOne(text).build.artifacts[0]?.builder).toMatchObject({
      dependencies: { dockerfile: { path: 'D', buildArgs: { A: 'b' } } },
    })
  })

  test('every field that is supported', () => {
    expect(parse(everything)).toEqual([
      {
        apiVersion: 'skaffold/v4beta14',
        kind: 'Config',
        metadata: { name: 'shop' },
        build: {
          platforms: ['linux/amd64', 'linux/arm64'],
          insecureRegistries: ['registry.local:5000'],
          local: { push: true, concurrency: 0, tryImportMissing: false, useBuildkit: true },
          tagPolicy: { kind: 'envTemplate', template: '{{.USER}}-v1' },
          artifacts: [
            {
              image: 'web',
              context: 'web',
              platforms: ['linux/amd64'],
              builder: {
                kind: 'docker',
                dockerfile: 'docker/Dockerfile',
                target: 'release',
                noCache: true,
                buildArgs: { VERSION: '1.10', WHO: 'me', NONE: '<no value>', USER: 'me', BLANK: '' },
              },
            },
            {
              image: 'api',
              context: '.',
              builder: {
                kind: 'custom',
                buildCommand: './build.sh me',
                dependencies: {
                  paths: ['src'],
                  ignore: ['*.md'],
                },
              },
            },
          ],
        },
        manifests: { rawYaml: ['k8s/*.yaml', 'me/*.yaml'] },
        deploy: {
          kubeContext: 'prod',
          statusCheck: false,
          statusCheckDeadlineSeconds: 30,
          tolerateFailuresUntilDeadline: true,
          kubectl: { defaultNamespace: 'me-ns' },
          logs: { prefix: 'none' },
        },
        file: 'app/skaffold.yaml',
        folder: 'app',
      },
    ])
  })

  test('almost nothing, with defaults', () => {
    expect(parseOne('build: {artifacts: [{image: a}]}')).toMatchObject({
      build: {
        artifacts: [{ image: 'a', context: '.', builder: { kind: 'docker', dockerfile: 'Dockerfile', buildArgs: {} } }],
        tagPolicy: { kind: 'gitCommit', variant: 'Tags', prefix: '', ignoreChanges: false },
      },
      manifests: { rawYaml: ['k8s/*.yaml'] },
      deploy: { logs: { prefix: 'container' } },
    })
  })

  test('a custom artifact without dependencies depends on its whole context', () => {
    const [artifact] = parseOne('build: {artifacts: [{image: a, custom: {buildCommand: make}}]}').build.artifacts
    expect(artifact?.builder).toEqual({ kind: 'custom', buildCommand: 'make', dependencies: { paths: ['.'] } })
  })

  test.each([
    [
      'gitCommit: {variant: Branches, prefix: v-, ignoreChanges: on}',
      { kind: 'gitCommit', variant: 'Branches', prefix: 'v-', ignoreChanges: true },
    ],
    ['sha256: {}', { kind: 'sha256' }],
    // As in Skaffold, null chooses nothing.
    ['sha256:', { kind: 'gitCommit', variant: 'Tags', prefix: '', ignoreChanges: false }],
  ])('the tag policy %s', (policy, expected) => {
    expect(parseOne(`build:\n  tagPolicy:\n    ${policy}\n`).build.tagPolicy).toEqual(expected)
  })

  test('several documents; the default manifests are for a single one only', () => {
    const configs = parse('build: {artifacts: [{image: a}]}\n---\napiVersion: skaffold/v4beta13\nkind: Config\n---\n')
    expect(configs.map(({ apiVersion, manifests }) => [apiVersion, manifests.rawYaml])).toEqual([
      ['skaffold/v4beta14', []],
      ['skaffold/v4beta14', []],
    ])
  })

  test('anchors, aliases and merge keys, also in top-level keys that begin with a dot', () => {
    const body = `.base: &base {context: src, docker: &docker {target: one}}
.more: {unknownToSkaffold: true}
build:
  artifacts:
    - {image: a, <<: *base}
    - <<: [{context: first}, *base]
      image: b
      docker: {<<: *docker, target: two}
`
    expect(parseOne(body).build.artifacts).toMatchObject([
      { image: 'a', context: 'src', builder: { target: 'one' } },
      { image: 'b', context: 'first', builder: { target: 'two' } },
    ])
  })

  test('lines of flow collections that are not indented, and texts with a byte order mark', () => {
    const text = `\uFEFF${head}build:\n  platforms: [\n  linux/amd64\n  ]\n  artifacts: [{\n  image: a\n}]\n`
    expect(parseConfig(text, { file: 'f', env: {} })[0]?.build).toMatchObject({
      platforms: ['linux/amd64'],
      artifacts: [{ image: 'a' }],
    })
  })

  test('what is accepted and has no effect, and values that say nothing', () => {
    const body = `test: []
portForward:
requires: []
build:
  artifacts:
    - {image: a, runtimeType: go, hooks: , docker: {cacheFrom: [x], pullParent: true, squash: false, network: ""}}
`
    expect(parseOne(body).build.artifacts).toHaveLength(1)
  })
})

describe('refuses', () => {
  test.each([
    [
      'a slip',
      'build:\n  artifcats: []\n',
      'CONFIG_UNKNOWN_FIELD',
      '4:3',
      '`build.artifcats` is not a field of skaffold/v4beta14; did you mean `artifacts`?',
    ],
    ['a field at the wrong level', 'artifacts: []\n', 'CONFIG_UNKNOWN_FIELD', '3:1', 'did you mean `build.artifacts`?'],
    [
      'a field of a builder beside it',
      'build: {artifacts: [{image: a, dockerfile: b}]}\n',
      'CONFIG_UNKNOWN_FIELD',
      '3:32',
      'did you mean `docker.dockerfile`?',
    ],
    [
      'a field that is like none',
      'zzz: 1\n',
      'CONFIG_UNKNOWN_FIELD',
      '3:1',
      '`zzz` is not a field of skaffold/v4beta14',
    ],
    [
      'an unknown field in a profile that is not active',
      'profiles:\n- name: a\n  biuld: {}\n',
      'CONFIG_UNKNOWN_FIELD',
      '5:3',
      '`profiles[0].biuld`',
    ],
    [
      'a mapping for a list',
      'build:\n  artifacts:\n    image: a\n',
      'CONFIG_WRONG_TYPE',
      '5:5',
      '`build.artifacts` must be a list, not a mapping',
    ],
    ['a text for a mapping', 'build: yes\n', 'CONFIG_WRONG_TYPE', '3:8', '`build` must be a mapping, not "yes"'],
    ['a text for a boolean', 'deploy: {statusCheck: "true"}\n', 'CONFIG_WRONG_TYPE', '3:23', 'must be true or false'],
    [
      'a fraction',
      'deploy: {statusCheckDeadlineSeconds: 1.5}\n',
      'CONFIG_WRONG_TYPE',
      '3:38',
      'must be a whole number',
    ],
    [
      'a list for a text',
      'build: {artifacts: [{image: [a]}]}\n',
      'CONFIG_WRONG_TYPE',
      '3:29',
      '`build.artifacts[0].image` must be a text, not a list',
    ],
    [
      'a word that is none of those',
      'build: {tagPolicy: {gitCommit: {variant: tags}}}\n',
      'CONFIG_VALUE_INVALID',
      '3:42',
      'it is one of Tags, CommitSha',
    ],
    [
      'a time that is none',
      'build: {cluster: {timeout: 600}}\n',
      'CONFIG_VALUE_INVALID',
      '3:28',
      '`build.cluster.timeout` is no duration: 600',
    ],
    [
      'another one',
      'build: {cluster: {}, artifacts: [{image: a, kaniko: {copyTimeout: soon}}]}\n',
      'CONFIG_VALUE_INVALID',
      '3:67',
      '`build.artifacts[0].kaniko.copyTimeout` is no duration: soon',
    ],
    ['a negative number', 'build: {local: {concurrency: -1}}\n', 'CONFIG_VALUE_INVALID', '3:30', 'cannot be -1'],
    [
      'what is not supported',
      'build: {tagPolicy: {customTemplate: {template: x, components: [{name: a, customTemplate: {template: y}}]}}}\n',
      'CONFIG_UNSUPPORTED_FIELD',
      '3:74',
      'customTemplate` is valid Skaffold, not supported by this version of catamaran',
    ],
    [
      'kaniko on this machine',
      'build: {artifacts: [{image: a, kaniko: {}}]}\n',
      'CONFIG_CONFLICT',
      '3:32',
      '`build.artifacts[0].kaniko` is not built by `build.local`',
    ],
    [
      'a Dockerfile without kaniko in a cluster',
      'build: {cluster: {}, artifacts: [{image: a, docker: {}}]}\n',
      'CONFIG_CONFLICT',
      '3:45',
      '`build.artifacts[0].docker` is not built by `build.cluster`',
    ],
    [
      'a script in Google Cloud Build',
      'build: {googleCloudBuild: {}, artifacts: [{image: a}, {image: b, custom: {buildCommand: x}}]}\n',
      'CONFIG_CONFLICT',
      '3:66',
      '`build.artifacts[1].custom` is not built by `build.googleCloudBuild`',
    ],
    [
      'a value that is not supported',
      'build: {local: {tryImportMissing: true}}\n',
      'CONFIG_UNSUPPORTED_FIELD',
      '3:17',
      '`build.local.tryImportMissing: true` is valid',
    ],
    [
      'a section that is not supported',
      'deploy:\n  kpt: {dir: k}\n',
      'CONFIG_UNSUPPORTED_FIELD',
      '4:3',
      '`deploy.kpt`',
    ],
    [
      'an artifact without a name',
      'build: {artifacts: [{context: a}]}\n',
      'CONFIG_MISSING_FIELD',
      '3:21',
      '`build.artifacts[0].image` is required',
    ],
    [
      'a template policy without a template',
      'build: {tagPolicy: {envTemplate: {}}}\n',
      'CONFIG_MISSING_FIELD',
      '3:34',
      '`build.tagPolicy.envTemplate.template` is required',
    ],
    [
      'two builders',
      'build: {artifacts: [{image: a, docker: {}, custom: {buildCommand: x}}]}\n',
      'CONFIG_CONFLICT',
      '3:44',
      '`build.artifacts[0].docker` and `build.artifacts[0].custom` exclude each other',
    ],
    [
      'two tag policies',
      'build: {tagPolicy: {sha256: {}, gitCommit: {}}}\n',
      'CONFIG_CONFLICT',
      '3:33',
      'exclude each other',
    ],
    [
      'an image twice',
      'build: {artifacts: [{image: a}, {image: a}]}\n',
      'CONFIG_CONFLICT',
      '3:41',
      'the image `a` is built by two artifacts',
    ],
    [
      'a broken template',
      'build: {artifacts: [{image: a, docker: {buildArgs: {X: "{{.Y"}}}]}\n',
      'CONFIG_TEMPLATE_INVALID',
      '3:56',
      'is not closed',
    ],
    [
      'a path with a variable that is not set',
      'manifests:\n  rawYaml: ["{{.NOPE}}/*.yaml"]\n',
      'CONFIG_TEMPLATE_INVALID',
      '4:13',
      'no value for "NOPE"',
    ],
    ['a key twice', 'build: {}\nbuild: {}\n', 'CONFIG_YAML_INVALID', '4:1', 'the key `build` is there twice'],
    ['an unknown alias', 'build: *nope\n', 'CONFIG_YAML_INVALID', '3:8', '*nope has no anchor'],
    ['an alias of itself', 'build: &a {local: *a}\n', 'CONFIG_YAML_INVALID', '3:19', 'inside of its own value'],
    ['a bad merge', 'build: {<<: 3}\n', 'CONFIG_YAML_INVALID', '3:13', '`<<` takes a mapping'],
    ['a tab for indentation', 'build:\n\tartifacts: []\n', 'CONFIG_YAML_INVALID', '4:1', 'tab'],
    ['a quote that is not closed', 'build: "x\n', 'CONFIG_YAML_INVALID', '4:1', 'indentation'],
    [
      'aliases that multiply',
      `.a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefg'
        .split('')
        .map((key, index) => `.${key}: &${key} [${Array.from({ length: 9 }, () => `*${'abcdef'[index]}`).join()}]`)
        .join('\n')}\n`,
      'CONFIG_YAML_INVALID',
      '8:8',
      'expand to too many values',
    ],
  ])('%s', (_what, body, code, place, message) => {
    expect(() => parse(body)).toThrow(
      expect.objectContaining({
        code,
        where: `app/skaffold.yaml:${place}`,
        message: expect.stringContaining(message),
        hint: expect.any(String),
      }),
    )
  })

  test.each([
    ['', 'CONFIG_NOT_SKAFFOLD', 'is empty'],
    ['# only a comment\n', 'CONFIG_NOT_SKAFFOLD', 'is empty'],
    ['- a\n', 'CONFIG_NOT_SKAFFOLD', 'is no mapping'],
    ['kind: Config\n', 'CONFIG_NOT_SKAFFOLD', 'has no apiVersion'],
    ['apiVersion: v1\nkind: Pod\n', 'CONFIG_NOT_SKAFFOLD', 'apiVersion "v1" is not that of a Skaffold configuration'],
    [
      'apiVersion: skaffold/v1beta99\n',
      'CONFIG_NOT_SKAFFOLD',
      'unknown skaffold config API version "skaffold/v1beta99"',
    ],
    [
      'apiVersion: skaffold/v4beta15\n',
      'CONFIG_VERSION_TOO_NEW',
      'is more recent than target version "skaffold/v4beta14"',
    ],
    ['apiVersion: skaffold/v5\n', 'CONFIG_VERSION_TOO_NEW', 'is more recent'],
    ['apiVersion: skaffold/v4beta14\n', 'CONFIG_MISSING_FIELD', '`kind` is required'],
    [
      'apiVersion: skaffold/v4beta13\nkind: Config\nbuild: {artifacts: [{image: a, buildpacks: {buildArgs: [a]}}]}\n',
      'CONFIG_UNKNOWN_FIELD',
      'is not a field of skaffold/v4beta13; skaffold/v4beta14 has it',
    ],
  ])('%j', (text, code, message) => {
    expect(() => parseConfig(text, { file: 'skaffold.yaml', env: {} })).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message), hint: expect.any(String) }),
    )
  })

  test('all mistakes of a kind at once, in the order of the file', () => {
    const body = 'bild: {}\nbuild:\n  artifacts:\n  - imag: a\n    docker: 3\n'
    expect(() => parse(body)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_UNKNOWN_FIELD',
        where: 'app/skaffold.yaml:3:1',
        message: [
          'app/skaffold.yaml has 3 problems:',
          '  app/skaffold.yaml:3:1: `bild` is not a field of skaffold/v4beta14; did you mean `build`?',
          '  app/skaffold.yaml:6:5: `build.artifacts[0].imag` is not a field of skaffold/v4beta14; did you mean `image`?',
          '  app/skaffold.yaml:7:13: `build.artifacts[0].docker` must be a mapping, not "3"',
        ].join('\n'),
      }),
    )
  })
})

test('any damage to a file ends in a configuration or in an error with a code', () => {
  const edit = fc.tuple(
    fc.nat(everything.length),
    fc.nat(12),
    fc.oneof(
      fc.string({ maxLength: 4 }),
      fc.constantFrom(
        '\n',
        '  ',
        '- ',
        ': ',
        '{',
        ']',
        '&a ',
        '*a',
        '|',
        '"',
        '{{',
        '<<: ',
        '---\n',
        '\t',
        '#',
        '!!x ',
        'null',
      ),
    ),
  )
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      const damaged = edits.reduce(
        (text, [at, length, added]) => text.slice(0, at) + added + text.slice(at + length),
        everything,
      )
      expect(outcome(damaged)).toMatch(/^(?:read|[A-Z_]+)$/)
    }),
    { numRuns: 1000 },
  )
}, 60_000)

function outcome(body: string): string {
  try {
    parse(body)
    return 'read'
  } catch (error) {
    return isToolError(error) ? error.code : String(error)
  }
}
