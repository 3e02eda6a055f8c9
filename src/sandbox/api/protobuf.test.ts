import { describe, expect, test } from 'vitest'
import { decodeProtobuf } from './protobuf.ts'

type Part = readonly [number: number, value: number | string | Buffer | readonly Part[]]

/** A message as protobuf writes it. */
function message(...parts: readonly Part[]): Buffer {
  return Buffer.concat(
    parts.map(([number, value]) => {
      if (typeof value === 'number') return Buffer.concat([varint(number * 8), varint(value)])
      const bytes = isNested(value) ? message(...value) : Buffer.from(value)
      return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes])
    }),
  )
}

function isNested(value: string | Buffer | readonly Part[]): value is readonly Part[] {
  return Array.isArray(value)
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left])
    bytes.push((left % 128) | 0x80)
  }
}

function envelope(apiVersion: string, kind: string, ...parts: readonly Part[]): Buffer {
  const type: readonly Part[] = [
    [1, apiVersion],
    [2, kind],
  ]
  return Buffer.concat([Buffer.from('k8s\0'), message([1, type], [2, message(...parts)], [3, ''], [4, ''])])
}

const meta = (name: string): Part => [
  1,
  [
    [1, name],
    [8, []],
  ],
]

test('an envelope may be empty', () => {
  const type: readonly Part[] = [
    [1, 'v1'],
    [2, 'DeleteOptions'],
  ]
  const bytes = Buffer.concat([Buffer.from('k8s\0'), message([1, type])])
  expect(decodeProtobuf(bytes)).toEqual({ apiVersion: 'v1', kind: 'DeleteOptions' })
})

describe('an object in protobuf', () => {
  test.each<[string, Buffer, object]>([
    [
      'with options',
      envelope('v1', 'DeleteOptions', [4, 'Background'], [5, 'All']),
      { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background', dryRun: ['All'] },
    ],
    [
      'with hollow parts',
      envelope('v1', 'Namespace', meta('n'), [2, []], [3, [[1, '']]]),
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } },
    ],
    [
      'with maps and bytes',
      envelope(
        'v1',
        'Secret',
        meta('s'),
        [
          2,
          [
            [1, 'a'],
            [2, 'secret'],
          ],
        ],
        [
          2,
          [
            [1, 'b'],
            [2, ''],
          ],
        ],
        [3, 'Opaque'],
      ),
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { a: 'c2VjcmV0', b: '' }, type: 'Opaque' },
    ],
    [
      'with lists and numbers',
      envelope('apps/v1', 'Deployment', meta('d'), [
        2,
        [
          [1, 300],
          [
            3,
            [
              [
                2,
                [
                  [
                    2,
                    [
                      [1, 'c'],
                      [2, 'i'],
                      [4, 'x'],
                      [4, ''],
                      [
                        6,
                        [
                          [3, 8080],
                          [4, ''],
                        ],
                      ],
                    ],
                  ],
                ],
              ],
            ],
          ],
          [5, 0],
        ],
      ]),
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'd' },
        spec: {
          replicas: 300,
          template: {
            spec: { containers: [{ name: 'c', image: 'i', args: ['x', ''], ports: [{ containerPort: 8080 }] }] },
          },
        },
      },
    ],
    [
      'with a port of either kind',
      envelope('v1', 'Service', meta('s'), [
        2,
        [
          [
            1,
            [
              [3, 80],
              [
                4,
                [
                  [1, 0],
                  [2, 8080],
                  [3, ''],
                ],
              ],
              [5, 0],
            ],
          ],
          [
            1,
            [
              [3, 81],
              [
                4,
                [
                  [1, 1],
                  [2, 0],
                  [3, 'http'],
                ],
              ],
            ],
          ],
        ],
      ]),
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 's' },
        spec: {
          ports: [
            { port: 80, targetPort: 8080 },
            { port: 81, targetPort: 'http' },
          ],
        },
      },
    ],
  ])('%s is read', (_, bytes, expected) => {
    expect(decodeProtobuf(bytes)).toEqual(expected)
  })

  test.each<[string, Buffer]>([
    ['of another kind', envelope('v1', 'Pod', meta('p'))],
    ['with a field that is not known', envelope('v1', 'Namespace', meta('n'), [2, [[1, 'kubernetes']]])],
    ['that is cut off', envelope('v1', 'Namespace', meta('n')).subarray(0, -8)],
    ['that is none', Buffer.from('{"kind":"Namespace"}')],
    ['that is empty', Buffer.of()],
  ])('%s is not', (_, bytes) => {
    expect(decodeProtobuf(bytes)).toBeUndefined()
  })
})
