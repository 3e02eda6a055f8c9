import { describe, expect, test } from 'vitest'
import { parseConfig, type ParseConfigOptions } from './parse-config.ts'
import type { SkaffoldConfig } from './types.ts'

function parse(body: string, options: Partial<ParseConfigOptions> = {}): SkaffoldConfig {
  const text = `apiVersion: skaffold/v4beta14\nkind: Config\n${body}`
  const [config] = parseConfig(text, { file: 'skaffold.yaml', env: {}, ...options })
  if (config === undefined) throw new Error('there is no configuration')
  return config
}

const base = `build:
  platforms: [linux/amd64]
  local: {push: true, concurrency: 3}
  tagPolicy: {gitCommit: {prefix: v}}
  artifacts: [{image: a, docker: {target: one}}, {image: b}]
manifests: {rawYaml: [main.yaml]}
deploy: {kubeContext: main, statusCheck: true, statusCheckDeadlineSeconds: 5, kubectl: {defaultNamespace: main}}
`

describe('a profile', () => {
  test.each([
    [
      'sections are merged',
      'build: {platforms: [linux/arm64]}',
      { build: { platforms: ['linux/arm64'], local: { push: true } }, deploy: { kubeContext: 'main' } },
    ],
    ['lists are replaced', 'build: {artifacts: [{image: c}]}', { build: { artifacts: [{ image: 'c' }] } }],
    [
      'an empty list changes nothing',
      'build: {artifacts: [], platforms: []}',
      { build: { artifacts: [{ image: 'a' }, { image: 'b' }], platforms: ['linux/amd64'] } },
    ],
    [
      'one of several choices replaces the other',
      'build: {tagPolicy: {sha256: {}}}',
      { build: { tagPolicy: { kind: 'sha256' } } },
    ],
    [
      'the same choice is replaced whole',
      'build: {tagPolicy: {gitCommit: {variant: TreeSha}}}',
      { build: { tagPolicy: { kind: 'gitCommit', variant: 'TreeSha', prefix: '' } } },
    ],
    [
      'a block below a section is replaced whole',
      'build: {local: {concurrency: 1}}',
      { build: { local: { concurrency: 1 } } },
    ],
    [
      'null changes nothing',
      'build: {local: , tagPolicy: {sha256: }}\n  deploy: {kubectl: }',
      { build: { local: { concurrency: 3, push: true }, tagPolicy: { kind: 'gitCommit', prefix: 'v' } } },
    ],
    [
      'false takes effect',
      'deploy: {statusCheck: false, statusCheckDeadlineSeconds: 0}',
      { deploy: { statusCheck: false, statusCheckDeadlineSeconds: 0 } },
    ],
    ['an empty text takes effect', 'deploy: {kubeContext: ""}', { deploy: { statusCheck: true } }],
    ['manifests are replaced', 'manifests: {rawYaml: [other.yaml]}', { manifests: { rawYaml: ['other.yaml'] } }],
  ])('%s', (_what, profile, expected) => {
    const config = parse(`${base}profiles:\n- name: p\n  ${profile}\n`, { profiles: ['p'] })
    expect(config).toMatchObject(expected)
  })

  test('a block that was replaced has nothing of the old one, an empty text none of the old text', () => {
    const config = parse(
      `${base}profiles:\n- name: p\n  build: {local: {concurrency: 1}}\n  deploy: {kubeContext: "", kubectl: {}}\n`,
      { profiles: ['p'] },
    )
    expect(config.build.local).toEqual({ concurrency: 1 })
    expect(config.deploy).not.toHaveProperty('kubeContext')
    expect(config.deploy.kubectl).toEqual({})
  })

  test('may hold what is not supported, as long as it is not active', () => {
    const body = `${base}profiles:\n- name: nested\n  build: {tagPolicy: {customTemplate: {template: x, components: [{name: a, customTemplate: {template: y}}]}}}\n`
    expect(parse(body).build.local).toEqual({ push: true, concurrency: 3 })
    expect(() => parse(body, { profiles: ['nested'] })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_UNSUPPORTED_FIELD',
        where: 'skaffold.yaml:12:76',
        message: expect.stringContaining('components[0].customTemplate`'),
      }),
    )
  })

  test('takes the place of what is not supported', () => {
    const body =
      'build: {artifacts: [{image: a}], tagPolicy: {customTemplate: {template: x, components: [{name: a, customTemplate: {}}]}}}\nprofiles:\n- name: here\n  build: {tagPolicy: {sha256: {}}, cluster: {timeout: 5m}}\n'
    expect(() => parse(body)).toThrow(expect.objectContaining({ code: 'CONFIG_UNSUPPORTED_FIELD' }))
    const { build } = parse(body, { profiles: ['here'] })
    expect(build.local).toBeUndefined()
    expect(build.artifacts).toMatchObject([{ builder: { kind: 'kaniko' }, cluster: { timeout: '5m' } }])
  })

  test('later ones are laid over earlier ones', () => {
    const body = 'profiles:\n- {name: one, deploy: {kubeContext: one}}\n- {name: two, deploy: {kubeContext: two}}\n'
    expect(parse(body, { profiles: ['two', 'one'] }).deploy.kubeContext).toBe('one')
    expect(parse(body, { profiles: ['one', 'two'] }).deploy.kubeContext).toBe('two')
  })

  test('that is nowhere is an error that lists those there are', () => {
    const body = 'profiles: [{name: staging}, {name: prod}]\n'
    expect(() => parse(body, { profiles: ['stagin'] })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_PROFILE_UNKNOWN',
        message: 'skaffold.yaml has no profile `stagin`; it has staging, prod',
        hint: 'use -p staging',
      }),
    )
    expect(() => parse('', { profiles: ['x'] })).toThrow('it has no profiles')
    expect(parse(body, { profiles: ['-x'] }).deploy).toBeDefined()
  })

  test('without a name is an error', () => {
    expect(() => parse('profiles: [{build: {}}]\n')).toThrow(
      expect.objectContaining({ code: 'CONFIG_MISSING_FIELD', where: 'skaffold.yaml:3:12' }),
    )
  })
})

describe('activation', () => {
  test.each<[string, Partial<ParseConfigOptions>, boolean]>([
    ['activation: [{env: MODE=ci}]', { env: { MODE: 'ci' } }, true],
    ['activation: [{env: MODE=ci}]', { env: { MODE: 'no-ci-here' } }, true],
    ['activation: [{env: "MODE=^ci$"}]', { env: { MODE: 'no-ci-here' } }, false],
    ['activation: [{env: "MODE=!ci"}]', { env: { MODE: 'dev' } }, true],
    ['activation: [{env: "MODE="}]', {}, true],
    ['activation: [{env: "MODE="}]', { env: { MODE: 'x' } }, false],
    ['activation: [{env: MODE=ci}]', { env: { MODE: 'ci' }, profileAutoActivation: false }, false],
    ['activation: [{env: MODE=ci}]', { env: { MODE: 'ci' }, profiles: ['-p'] }, false],
    ['activation: [{command: dev}]', { command: 'dev' }, true],
    ['activation: [{command: dev}]', { command: 'run' }, false],
    ['activation: [{command: (build|render)}]', { command: 'render' }, true],
    ['activation: [{kubeContext: minikube}]', { kubeContext: 'minikube' }, true],
    ['activation: [{kubeContext: "!minikube"}]', {}, true],
    ['activation: [{kubeContext: minikube, command: dev}]', { kubeContext: 'minikube', command: 'run' }, false],
    ['activation: [{kubeContext: minikube}, {command: run}]', { command: 'run' }, true],
    [
      'requiresAllActivations: true\n  activation: [{kubeContext: minikube}, {command: run}]',
      { command: 'run' },
      false,
    ],
    [
      'requiresAllActivations: true\n  activation: [{kubeContext: m}, {command: run}]',
      { command: 'run', kubeContext: 'm' },
      true,
    ],
    ['activation: []', {}, false],
    ['activation: [{kubeContext: "("}]', { kubeContext: '(' }, true],
    ['activation: [{kubeContext: "("}]', { kubeContext: 'x' }, false],
  ])('%s with %j: %s', (activation, options, isActive) => {
    const body = `profiles:\n- name: p\n  ${activation}\n  deploy: {kubeContext: yes-it-is}\n`
    const config = parse(body, { ...options, isContextGiven: true })
    expect(config.deploy.kubeContext === 'yes-it-is').toBe(isActive)
  })

  test('an environment condition without a value is an error with its place', () => {
    expect(() => parse('profiles:\n- name: p\n  activation: [{env: MODE}]\n')).toThrow(
      expect.objectContaining({ code: 'CONFIG_VALUE_INVALID', where: 'skaffold.yaml:5:22' }),
    )
  })
})

describe('patches', () => {
  test.each([
    ['{path: /build/artifacts/0/image, value: c}', ['c', 'b']],
    ['{op: add, path: /build/artifacts/1, value: {image: c}}', ['a', 'c', 'b']],
    ['{op: add, path: /build/artifacts/-, value: {image: c}}', ['a', 'b', 'c']],
    ['{op: remove, path: /build/artifacts/0}', ['b']],
    ['{op: remove, path: /test/0/custom}', ['a', 'b']],
    ['{op: replace, path: /build/artifacts/image=b/image, value: c}', ['a', 'c']],
    ['{op: copy, from: /build/artifacts/0/image, path: /build/artifacts/1/context}', ['a', 'b']],
    ['{op: move, from: /build/artifacts/0/image, path: /build/artifacts/1/image}', undefined],
    ['{op: test, path: /build/artifacts/0/image, value: a}', ['a', 'b']],
  ])('%s', (patch, images) => {
    const read = (): readonly string[] =>
      parse(`${base}profiles: [{name: p, patches: [${patch}]}]\n`, { profiles: ['p'] }).build.artifacts.map(
        ({ image }) => image,
      )
    if (images === undefined) expect(read).toThrow(expect.objectContaining({ code: 'CONFIG_MISSING_FIELD' }))
    else expect(read()).toEqual(images)
  })

  test.each([
    ['{path: /build/nope/0, value: c}', 'invalid path: /build/nope/0: there is no `nope`'],
    ['{path: /build/artifacts/0/context, value: c}', 'there is no `context` to replace'],
    ['{op: remove, path: /build/artifacts/7}', 'there is no `7` to remove'],
    ['{op: add, path: /build/artifacts/7, value: {image: c}}', 'the list has only 2 items'],
    ['{path: /build/artifacts/image=z/image, value: c}', 'no item has that value'],
    ['{path: build, value: c}', 'begins with `/`'],
    ['{op: test, path: /build/artifacts/0/image, value: z}', 'the test fails'],
    ['{op: copy, from: /nope, path: /build}', 'nothing at `from`'],
  ])('%s fails', (patch, message) => {
    expect(() => parse(`${base}profiles: [{name: p, patches: [${patch}]}]\n`, { profiles: ['p'] })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_PATCH_INVALID',
        where: expect.stringMatching(/^skaffold.yaml:10:/),
        message: expect.stringContaining(message),
      }),
    )
  })

  test('what they write is checked like the file', () => {
    const patch = '{op: add, path: /build/artifacts/0/dokcer, value: {}}'
    expect(() => parse(`${base}profiles: [{name: p, patches: [${patch}]}]\n`, { profiles: ['p'] })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_UNKNOWN_FIELD',
        message: expect.stringContaining('did you mean `docker`?'),
      }),
    )
  })
})
