import { expect, test } from 'vitest'
import { parseConfig } from './index.ts'

const read = (text: string): unknown =>
  parseConfig(`apiVersion: skaffold/v4beta14\nkind: Config\n${text}\n`, { file: 'skaffold.yaml', env: {} })

const artifact = (fields: string): string => `build: {artifacts: [{image: a, ${fields}}]}`
const artifacts = (...fields: readonly string[]): string =>
  `build: {artifacts: [${fields.map((text) => `{image: ${text}}`).join(', ')}]}`
const named = (section: string, ...containers: readonly string[]): string =>
  `${section}: [${containers.map((name, index) => `{name: n${index}, container: {name: ${name}, image: i}}`).join(', ')}]`

test.each([
  artifact('docker: {network: Bridge}'),
  artifact('docker: {network: "Container:unique-id.123"}'),
  artifact('docker: {network: "container:{{.NAME}}"}'),
  artifact('sync: {manual: [{src: "a/*", dest: ., strip: a/}]}'),
  artifact('custom: {buildCommand: x, dependencies: {paths: [p], ignore: [q]}}'),
  artifact('platforms: [linux/amd64, arm64]'),
  artifacts('a', 'b, requires: [{image: a, alias: BASE_1}]', 'c, requires: [{image: a}, {image: b}]'),
  artifacts('ko://example.com/Cmd', 'Upper/Case:V1', '"{{.NAME}}"'),
  'portForward: [{resourceType: Deployment, resourceName: x, port: 80}]',
  'build: {googleCloudBuild: {workerPool: projects/p/locations/l/workerPools/w}}',
  named('verify', 'a', 'b'),
])('%s is valid', (text) => {
  expect(() => read(text)).not.toThrow()
})

test.each([
  [artifact('docker: {network: Bad}'), 'CONFIG_VALUE_INVALID', '`docker.network` cannot be "Bad"'],
  [artifact('docker: {network: "Container:"}'), 'CONFIG_VALUE_INVALID', 'cannot be "Container:"'],
  [artifact('docker: {network: "Container:-not-valid"}'), 'CONFIG_VALUE_INVALID', 'cannot be'],
  [artifact('docker: {secrets: [{id: x, src: a, env: B}]}'), 'CONFIG_CONFLICT', 'exclude each other'],
  [artifact('sync: {infer: ["*"], manual: [{src: x, dest: .}]}'), 'CONFIG_CONFLICT', 'exclude each other'],
  [
    artifact('sync: {manual: [{src: "a/*", dest: ., strip: b}]}'),
    'CONFIG_VALUE_INVALID',
    "sync rule pattern 'a/*' does not have prefix 'b'",
  ],
  [artifact('custom: {buildCommand: x, dependencies: {command: c, paths: [p]}}'), 'CONFIG_CONFLICT', 'exclude'],
  [
    artifact('custom: {buildCommand: x, dependencies: {command: c, ignore: [p]}}'),
    'CONFIG_CONFLICT',
    '`dependencies.ignore` can only be used',
  ],
  ['test: [{image: a, custom: [{command: x, dependencies: {command: c, paths: [p]}}]}]', 'CONFIG_CONFLICT', 'exclude'],
  [artifact('platforms: [linux/amd46]'), 'PLATFORM_INVALID', 'unable to recognise platform "linux/amd46"'],
  ['build: {platforms: [""]}', 'PLATFORM_INVALID', 'unable to recognise platform ""'],
  [artifacts('"!!bad"'), 'REFERENCE_INVALID', 'invalid image reference "!!bad"'],
  [artifacts('a, requires: [{image: a}]'), 'CONFIG_VALUE_INVALID', 'cycle detected'],
  [
    artifacts('a, requires: [{image: b}]', 'b, requires: [{image: a}]'),
    'CONFIG_VALUE_INVALID',
    'cycle detected in build dependencies involving "a"',
  ],
  [artifacts('a, requires: [{image: z}]'), 'CONFIG_VALUE_INVALID', 'unknown build dependency "z" for artifact "a"'],
  [
    artifacts('a', 'b', 'c, requires: [{image: a, alias: X}, {image: b, alias: X}]'),
    'CONFIG_VALUE_INVALID',
    'alias "X" repeated',
  ],
  [artifacts('a', 'c, requires: [{image: a, alias: 1-x}]'), 'CONFIG_VALUE_INVALID', "doesn't match required pattern"],
  [
    'portForward: [{resourceType: nothing, resourceName: x, port: 80}]',
    'CONFIG_VALUE_INVALID',
    'nothing is not a valid',
  ],
  ['build: {googleCloudBuild: {workerPool: bad}}', 'CONFIG_VALUE_INVALID', 'invalid value for worker pool: bad'],
  [named('verify', 'c', 'c'), 'CONFIG_CONFLICT', "found duplicate container name 'c' in 'verify' test cases"],
  [
    'customActions: [{name: a, containers: [{name: c, image: i}]}, {name: b, containers: [{name: c, image: i}]}]',
    'CONFIG_CONFLICT',
    'found duplicate container name c in custom action',
  ],
  ['customActions: [{name: a, containers: []}]', 'CONFIG_MISSING_FIELD', 'the action `a` has no containers'],
  [
    'metadata: {name: a}\n---\napiVersion: skaffold/v4beta14\nkind: Config\nmetadata: {name: a}',
    'CONFIG_CONFLICT',
    'multiple skaffold configs named "a" found',
  ],
])('%s is %s', (text, code, message) => {
  const where = expect.stringMatching(/^skaffold\.yaml:\d+:\d+$/)
  expect(() => read(text)).toThrow(expect.objectContaining({ code, where, message: expect.stringContaining(message) }))
})

test('profiles of one cluster do not lead to another', () => {
  const text =
    'apiVersion: skaffold/v4beta14\nkind: Config\nprofiles:\n- name: prod\n  activation: [{kubeContext: prod}]\n- {name: p, deploy: {kubeContext: staging}}\n'
  const options = { file: 'skaffold.yaml', env: {}, kubeContext: 'prod', profiles: ['p'] }
  expect(() => parseConfig(text, options)).toThrow(
    'profiles "prod" were activated by kube-context "prod", but the effective kube-context is "staging"',
  )
  expect(() => parseConfig(text, { ...options, isContextGiven: true })).not.toThrow()
  expect(() => parseConfig(text, { ...options, kubeContext: 'staging' })).not.toThrow()
})
