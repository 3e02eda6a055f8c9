import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { editResource, parseResources, printResources } from '../../src/resource/index.ts'
import { describeWithTools, findTool } from '../support/tools.ts'

/** What the real kubectl makes of a manifest, without a cluster. */
function kubectl(text: string): unknown[] {
  const output = execFileSync(
    findTool('kubectl') ?? '',
    [
      'label',
      '--local',
      '-f',
      '-',
      '--dry-run=client',
      '-o',
      'jsonpath-as-json={$}',
      '--overwrite',
      'integration=test',
    ],
    { input: text, encoding: 'utf8' },
  )
  return JSON.parse(output) as unknown[]
}

function data(objects: readonly unknown[]): unknown {
  return objects.map((object) => (object as { readonly data: unknown }).data)
}

const scalars =
  '0644 0o644 -0644 +0644 0O17 -0o17 00 09 0o8 0_7 yes on y N NO Off n TRUE tRUE True 1_000 1_ _1 1__0 1_0.5 0b11 0B11 -0b1 0b 0x_1 0x1F 0X1F ' +
  '-0x1F 0x +12 .5 +.5 1. 1e3 1E5 1e+3 1.5e3 0.1e-7 1.2.3 2020-01-01 2020-01-01T00:00:00Z 12:30 1:30:00 ~ null Null = << 1,000 "1" \'yes\' !!str'

describeWithTools('manifests mean to us what they mean to kubectl', ['kubectl'], () => {
  test('scalars', () => {
    const lines = scalars.split(' ').map((scalar, index) => `  k${index}: ${scalar}\n`)
    const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n${lines.join('')}`
    expect(data(parseResources(text, 'f').map((one) => one.object))).toEqual(data(kubectl(text)))
  })

  test('keys, anchors, merges, block scalars and brackets', () => {
    const text = `apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data:
  1: a
  0644: b
  yes: c
  base: &base {x: 1, z: [1, 2]}
  merged:
    <<: *base
    z: 3
  folded: >-
    one
    two

    three
  kept: |+
    text

  open: [
    1,
    2
  ]
  nested: {
    a: b
  }
`
    const [resource] = parseResources(text, 'f')
    expect(resource?.object['data']).toEqual((data(kubectl(text)) as unknown[])[0])
  })

  test('what is written after edits', () => {
    const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  keep: 0644 # mode\n`
    const values = [
      'yes',
      'on',
      '0644',
      '0o7',
      '1_000',
      '1e3',
      '12:30',
      '2020-01-01',
      '~',
      '',
      ' x',
      'a: b',
      '#c',
      '- d',
      '*e',
      '&f',
      '!g',
      'l1\nl2',
      '\t',
      'é',
      "it's",
      '"',
      '{',
      '<<',
      '=',
    ]
    const edits = values.flatMap((value, index) => [
      { path: ['data', `k${index}`], value },
      { path: ['data', 'list', index], value },
      { path: ['data', value === '' ? 'empty' : value], value: { [`in${index}`]: [value] } },
    ])
    const [first, ...others] = edits
    const edited = parseResources(text, 'f').map((one) =>
      editResource(one, [{ path: ['data', 'list'], value: [] }, ...(first === undefined ? [] : [first, ...others])]),
    )
    const printed = printResources(edited)
    expect(printed).toContain('  keep: 0644 # mode\n')
    expect(data(kubectl(printed))).toEqual(data(edited.map((one) => one.object)))
  })
})
