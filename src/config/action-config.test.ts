import { describe, expect, test } from 'vitest'
import { parseConfig, type SkaffoldConfig } from './index.ts'

const parse = (text: string, env: Record<string, string> = {}): SkaffoldConfig | undefined =>
  parseConfig(`apiVersion: skaffold/v4beta14\nkind: Config\n${text}`, { file: 'skaffold.yaml', env })[0]

describe('what is written becomes data', () => {
  test('of test', () => {
    const text = `test:
- image: app
- image: other
  context: sub
  structureTests: [a/*.yaml]
  structureTestsArgs: [--x]
  custom:
  - {command: "run {{.WHAT}}", timeoutSeconds: 5, dependencies: {paths: [p], ignore: [i]}}
  - {command: plain, timeoutSeconds: 0, dependencies: {command: list}}
`
    expect(parse(text, { WHAT: 'it' })?.test).toEqual([
      { image: 'app', context: '.', custom: [], structureTests: [], structureTestsArgs: [] },
      {
        image: 'other',
        context: 'sub',
        custom: [
          { command: 'run it', timeoutSeconds: 5, dependencies: { paths: ['p'], ignore: ['i'] } },
          { command: 'plain', dependencies: { command: 'list' } },
        ],
        structureTests: ['a/*.yaml'],
        structureTestsArgs: ['--x'],
      },
    ])
  })

  test('of verify and customActions', () => {
    const container = '{name: c, image: i, command: [a], args: [b], env: [{name: K, value: v}, {name: E}]}'
    const config = parse(
      `verify: [{name: v, timeout: 3, container: ${container}, executionMode: {local: {useLocalImages: true}}}]\ncustomActions:\n- {name: a, containers: [${container}]}\n- {name: b, containers: [{name: d, image: i}], failFast: false, timeout: 9, executionMode: {kubernetesCluster: {jobManifestPath: j, overrides: "{}"}}}\n`,
    )
    const read = { name: 'c', image: 'i', command: ['a'], args: ['b'], env: { K: 'v', E: '' } }
    expect(config?.verify).toEqual([
      { name: 'v', timeoutSeconds: 3, container: read, executionMode: { kind: 'local', useLocalImages: true } },
    ])
    expect(config?.customActions).toEqual([
      { name: 'a', containers: [read], failFast: true, executionMode: { kind: 'local', useLocalImages: false } },
      {
        name: 'b',
        containers: [expect.objectContaining({ name: 'd', image: 'i' })],
        failFast: false,
        timeoutSeconds: 9,
        executionMode: { kind: 'kubernetesCluster', jobManifestPath: 'j', overrides: '{}' },
      },
    ])
  })

  test('nothing is nothing', () => {
    expect(parse('test:\nverify: []\n')).not.toHaveProperty('test')
  })
})

test.each([
  ['test: [{custom: []}]', 'CONFIG_MISSING_FIELD', '`test[0].image` is required'],
  [
    'test: [{image: a, custom: [{timeoutSeconds: 1}]}]',
    'CONFIG_MISSING_FIELD',
    '`test[0].custom[0].command` is required',
  ],
  ['verify: [{name: a}]', 'CONFIG_MISSING_FIELD', '`verify[0].container` is required'],
  ['verify: [{name: a, container: {name: c}}]', 'CONFIG_MISSING_FIELD', '`verify[0].container.image` is required'],
  ['customActions: [{containers: []}]', 'CONFIG_MISSING_FIELD', '`customActions[0].name` is required'],
  [
    'verify: [{name: a, container: {name: c, image: i}}, {name: a, container: {name: c, image: i}}]',
    'CONFIG_CONFLICT',
    'two entries of `verify` have the name `a`',
  ],
  [
    'customActions: [{name: a, containers: [], executionMode: {local: {}, kubernetesCluster: {}}}]',
    'CONFIG_CONFLICT',
    'kubernetesCluster',
  ],
])('%s is refused with %s', (text, code, message) => {
  expect(() => parse(`${text}\n`)).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as Error,
  )
})
