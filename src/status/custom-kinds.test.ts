import { describe, expect, test } from 'vitest'
import { customState, isSelected } from './custom-kinds.ts'
import { parseStatusSelectors } from './parse-selectors.ts'

describe('custom kinds that are waited for', () => {
  const selectors = parseStatusSelectors('{"selectors": [{"group": "my\\\\.domain", "kind": "My.*"}]}', 's.json')

  test.each([
    ['my.domain/v1', 'MyKind', true],
    ['my.domain/v1', 'Other', false],
    ['other.domain/v1', 'MyKind', false],
    ['v1', 'MyKind', false],
  ])('%s %s: %s', (apiVersion, kind, expected) => {
    expect(isSelected({ apiVersion, kind, name: 'x' }, selectors)).toBe(expected)
  })

  test.each(['{', '[]', '{"selectors": [{"group": "("}]}', '{"selectors": 1}'])('a file with %s is refused', (text) => {
    expect(() => parseStatusSelectors(text, 's.json')).toThrow(/s\.json is no file of selectors/)
  })

  test.each<[string, object, object]>([
    ['without a status', {}, { is: 'done' }],
    ['ready', { conditions: [{ type: 'Ready', status: 'True' }] }, { is: 'done' }],
    [
      'not ready',
      { conditions: [{ type: 'Ready', status: 'False', message: 'no disk' }] },
      { is: 'waiting', message: 'no disk' },
    ],
    [
      'of an older generation',
      { observedGeneration: 1, conditions: [{ type: 'Ready', status: 'True' }] },
      { is: 'waiting', message: 'waiting for widget spec update to be observed...' },
    ],
    [
      'stalled',
      { conditions: [{ type: 'Stalled', status: 'True', reason: 'BadSpec' }] },
      { is: 'failed', message: 'BadSpec' },
    ],
    [
      'reconciling',
      {
        conditions: [
          { type: 'Ready', status: 'True' },
          { type: 'Reconciling', status: 'True', message: 'step 2' },
        ],
      },
      { is: 'waiting', message: 'step 2' },
    ],
  ])('%s', (_, status, expected) => {
    const metadata = { name: 'w', generation: 2 }
    expect(customState({ apiVersion: 'x/v1', kind: 'Widget', metadata, status })).toMatchObject(expected)
  })
})
