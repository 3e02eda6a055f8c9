import { expect, test } from 'vitest'
import { locateInResource, parseResources } from './index.ts'

test('items say where they stand', () => {
  const text =
    '# list\nkind: List\napiVersion: v1\nitems:\n- apiVersion: v1\n  kind: A\n  metadata:\n    name: a\n\n- kind: B\n  apiVersion: v1\n  metadata: {name: b}\n'
  const [first, second] = parseResources(text, 'list.yaml')
  expect(first && locateInResource(first, ['metadata', 'name'])).toBe('list.yaml:8:5')
  expect(second && locateInResource(second, ['kind'])).toBe('list.yaml:10:3')
})
