import { describe, expect, test } from 'vitest'
import {
  changeSetting,
  dependsOnContext,
  parseGlobalConfig,
  printGlobalConfig,
  printSettings,
  settingsFor,
} from './index.ts'

const text = `global:
  default-repo: registry.example.com/all
  insecure-registries: [a.example.com]
  survey: {last-prompted: today}
kubeContexts:
  - kube-context: kind-.*
    local-cluster: true
    insecure-registries: [b.example.com]
  - kube-context: kind-other
    default-repo: other.example.com
  - kube-context: "!prod"
    multi-level-repo: true
`
const config = parseGlobalConfig(text, 'config')

describe('what holds for a context', () => {
  test.each([
    [undefined, { defaultRepo: 'registry.example.com/all', insecureRegistries: ['a.example.com'] }],
    ['prod', { defaultRepo: 'registry.example.com/all', insecureRegistries: ['a.example.com'] }],
    [
      'elsewhere',
      { defaultRepo: 'registry.example.com/all', multiLevelRepo: true, insecureRegistries: ['a.example.com'] },
    ],
  ])('%s', (context, settings) => {
    expect(settingsFor(config, context)).toEqual(settings)
  })

  test('the last block that matches, lists joined with the global ones', () => {
    const two = parseGlobalConfig(text.replace('"!prod"', 'none'), 'config')
    expect(settingsFor(two, 'kind-dev')).toEqual({
      defaultRepo: 'registry.example.com/all',
      localCluster: true,
      insecureRegistries: ['b.example.com', 'a.example.com'],
    })
    expect(settingsFor(two, 'kind-other')).toEqual({
      defaultRepo: 'other.example.com',
      insecureRegistries: ['a.example.com'],
    })
  })

  test('only blocks for contexts make it depend on the context', () => {
    expect(dependsOnContext(config)).toBe(true)
    expect(dependsOnContext(parseGlobalConfig('global: {}', 'config'))).toBe(false)
  })
})

test.each([
  ['', {}],
  ['# nothing', {}],
  ['global:', {}],
  ['global: {default-repo: ""}', {}],
  ['global: {local-cluster: null}', {}],
  ['global: {kind-disable-load: yes, k3d-disable-load: false}', { kindDisableLoad: true, k3dDisableLoad: false }],
])('%s is read', (given, settings) => {
  expect(settingsFor(parseGlobalConfig(given, 'config'), undefined)).toEqual({ insecureRegistries: [], ...settings })
})

test.each([
  ['- a', 'the file is no mapping'],
  ['global: 1', 'a block of settings is no mapping'],
  ['global: {local-cluster: perhaps}', '`local-cluster` is `true` or `false`'],
  ['global: {default-repo: [a]}', '`default-repo` is a text'],
  ['kubeContexts: [{insecure-registries: a}]', '`insecure-registries` is a list of texts'],
])('%s is refused: %s', (given, message) => {
  expect(() => parseGlobalConfig(given, 'config')).toThrow(message)
})

describe('changes', () => {
  const change = (before: string, name: string, value: string, kubeContext?: string): string =>
    printGlobalConfig(
      changeSetting(parseGlobalConfig(before, 'config'), {
        name,
        value,
        ...(kubeContext === undefined ? {} : { kubeContext }),
      }),
    )

  test.each([
    ['', 'default-repo', 'r', undefined, 'global:\n    default-repo: r\nkubeContexts: []\n'],
    ['global: {default-repo: r}', 'default-repo', '', undefined, 'global: {}\nkubeContexts: []\n'],
    [
      'global: {default-repo: r}',
      'local-cluster',
      'T',
      undefined,
      'global:\n    default-repo: r\n    local-cluster: true\nkubeContexts: []\n',
    ],
    ['', 'insecure-registries', 'r', undefined, 'global:\n    insecure-registries:\n        - r\nkubeContexts: []\n'],
    ['other: 1', 'default-repo', '1', undefined, "global:\n    default-repo: '1'\nkubeContexts: []\nother: 1\n"],
  ])('%s, %s %s', (before, name, value, context, after) => {
    expect(change(before, name, value, context)).toBe(after)
  })

  test('a value is added to a list, and the context gets a block of its own', () => {
    const once = change('', 'insecure-registries', 'a', 'ctx')
    const twice = changeSetting(parseGlobalConfig(once, 'config'), {
      name: 'insecure-registries',
      value: 'b',
      kubeContext: 'ctx',
    })
    expect(settingsFor(twice, 'ctx').insecureRegistries).toEqual(['a', 'b'])
    expect(printSettings(twice, 'ctx')).toContain('kube-context: ctx')
    expect(printSettings(twice, 'none')).toBeUndefined()
  })

  test('what catamaran does not know stays', () => {
    const after = printGlobalConfig(changeSetting(config, { name: 'update-check', value: 'false' }))
    expect(after).toContain('last-prompted: today')
    expect(settingsFor(parseGlobalConfig(after, 'config'), 'kind-dev')).toEqual(settingsFor(config, 'kind-dev'))
  })

  test.each([
    ['defaultrepo', 'x', 'defaultrepo is not a valid config field'],
    ['local-cluster', 'perhaps', 'perhaps is not a valid value for field local-cluster'],
  ])('%s %s is refused', (name, value, message) => {
    expect(() => change('', name, value)).toThrow(message)
  })
})
