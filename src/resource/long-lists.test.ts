import { expect, test } from 'vitest'
import { locateInResource, parseResources } from './index.ts'

/** More items than a function takes arguments. */
const count = 150_000

test.each([
  [
    'YAML',
    (items: readonly number[]): string =>
      `kind: List\napiVersion: v1\nitems:\n${items.map((at) => `- {apiVersion: v1, kind: A, metadata: {name: a${at}}}`).join('\n')}\n`,
  ],
  [
    'JSON on one line',
    (items: readonly number[]): string =>
      JSON.stringify({
        kind: 'List',
        apiVersion: 'v1',
        items: items.map((at) => ({ apiVersion: 'v1', kind: 'A', metadata: { name: `a${at}` } })),
      }),
  ],
])('a long list is opened: %s', (_, write) => {
  const resources = parseResources(write(Array.from({ length: count }, (_item, at) => at)), 'list')
  expect(resources).toHaveLength(count)
  expect(resources.at(-1)?.object.metadata.name).toBe(`a${count - 1}`)
})

test('items say where they stand', () => {
  const text =
    '# list\nkind: List\napiVersion: v1\nitems:\n- apiVersion: v1\n  kind: A\n  metadata:\n    name: a\n\n- kind: B\n  apiVersion: v1\n  metadata: {name: b}\n'
  const [first, second] = parseResources(text, 'list.yaml')
  expect(first && locateInResource(first, ['metadata', 'name'])).toBe('list.yaml:8:5')
  expect(second && locateInResource(second, ['kind'])).toBe('list.yaml:10:3')
})
