import { expect, test } from 'vitest'
import { locateInResource, parseResources } from './index.ts'

test('a list of more items than a call takes arguments is opened', { timeout: 120_000 }, () => {
  const count = 130_000
  const item = (_: unknown, at: number): string => `- apiVersion: v1\n  kind: A\n  metadata:\n    name: a${at}\n`
  const text = `kind: List\napiVersion: v1\nitems:\n${Array.from({ length: count }, item).join('')}`
  const resources = parseResources(text, 'list.yaml')
  expect(resources).toHaveLength(count)
  expect(resources.at(-1)?.source.line).toBe(4 * count)
})

test('items say where they stand', () => {
  const text =
    '# list\nkind: List\napiVersion: v1\nitems:\n- apiVersion: v1\n  kind: A\n  metadata:\n    name: a\n\n- kind: B\n  apiVersion: v1\n  metadata: {name: b}\n'
  const [first, second] = parseResources(text, 'list.yaml')
  expect(first && locateInResource(first, ['metadata', 'name'])).toBe('list.yaml:8:5')
  expect(second && locateInResource(second, ['kind'])).toBe('list.yaml:10:3')
})
