import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isToolError } from '../errors/index.ts'
import { parseResources, printResources } from '../resource/index.ts'
import { applySetters, type Setters } from './setters.ts'

const head = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n'

function set(body: string, setters: Setters): string {
  const applied = parseResources(head + body, 'c.yaml').map((resource) => applySetters(resource, setters))
  return printResources(applied).slice(head.length)
}

describe('values are put where comments ask for them', () => {
  test.each([
    ['a: 1 # from-param: ${n}\n', { n: '3' }, 'a: 3 # from-param: ${n}\n'],
    ['a: "1" # from-param: ${n}\n', { n: '3' }, 'a: "3" # from-param: ${n}\n'],
    ['a: x:1 # from-param: ${i}:${t}\n', { i: 'w', t: '2' }, 'a: w:2 # from-param: ${i}:${t}\n'],
    ['a: x:1 # from-param: ${i}:${t}\n', { t: '2' }, 'a: x:2 # from-param: ${i}:${t}\n'],
    ['a: pre-x # from-param: pre-${i}\n', { i: 'w' }, 'a: pre-w # from-param: pre-${i}\n'],
    ['a: x # from-param: ${i}\n', { i: 'yes' }, 'a: true # from-param: ${i}\n'],
    ['a: x # from-param: ${i}\n', { i: '' }, 'a: "" # from-param: ${i}\n'],
    ['a: x # from-param: ${i}\n', { other: 'w' }, 'a: x # from-param: ${i}\n'],
    ['a: x # kpt-set: ${i}\n', { i: 'w' }, 'a: x # kpt-set: ${i}\n'],
    ['a:\n- x # from-param: ${i}\n- z\n', { i: 'w' }, 'a:\n- w # from-param: ${i}\n- z\n'],
    ['a: [x, z] # from-param: ${i}\n', { i: '[w]' }, 'a: # from-param: ${i}\n- w\n'],
    ['b:\n  c: x # from-param: ${i}\n  d: x\n', { i: 'w' }, 'b:\n  c: w # from-param: ${i}\n  d: x\n'],
  ] as const)('%j with %j', (before, setters, after) => {
    expect(set(before, setters)).toBe(after)
  })

  test('a list in block style', () => {
    const text = printResources(
      parseResources(`${head}a: # from-param: \${i}\n- x\n- z\n`, 'c.yaml').map((resource) =>
        applySetters(resource, { i: '[w, 2]' }),
      ),
    )
    expect(parseResources(text, 'c.yaml')[0]?.object['a']).toEqual(['w', 2])
  })

  test('an empty value empties a list', () => {
    const [resource] = parseResources(`${head}a: # from-param: \${i}\n- x\n`, 'c.yaml').map((one) =>
      applySetters(one, { i: '' }),
    )
    expect(resource?.object['a']).toEqual([])
  })
})

describe('what does not fit is refused with its place', () => {
  test.each([
    ['a: xy # from-param: ${i}-${t}\n', { t: '2' }, 'values for i must be provided', 5],
    ['a: [x] # from-param: ${i}\n', { i: 'w' }, 'a list takes a list of values, not "w"', 5],
    ['a: [x] # from-param: b-${i}\n', { i: '[w]' }, 'a list takes one value', 5],
  ] as const)('%j with %j', (body, setters, message, line) => {
    expect(() => set(body, setters)).toThrow(
      expect.objectContaining({
        code: 'SETTER_INVALID',
        message: expect.stringContaining(message) as string,
        where: expect.stringMatching(`^c.yaml:${line}:`) as string,
      }),
    )
  })

  test('no value throws anything else, and setting twice changes nothing', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (value, pattern) => {
        const comment = pattern.replaceAll(/[\r\n\u0085\u2028\u2029\uFEFF]|[^\P{C}]/gu, '')
        const body = `a: x # from-param: ${comment}\${i}\n`
        const once = setOrRefused(body, { i: value })
        expect(once === undefined ? once : set(once, { i: value })).toBe(once)
      }),
    )
  })
})

function setOrRefused(body: string, setters: Setters): string | undefined {
  try {
    return set(body, setters)
  } catch (error) {
    if (isToolError(error, 'SETTER_INVALID')) return undefined
    throw error
  }
}
