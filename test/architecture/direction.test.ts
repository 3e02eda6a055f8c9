import { describe, expect, test } from 'vitest'
import { floors, forbidden, sameFloor } from './rooms.ts'
import { listRooms, scanImports, type RoomImport } from './scan.ts'

const root = new URL('../../src', import.meta.url).pathname

describe('rooms', () => {
  test('every folder under src is in the table, and the reverse', () => {
    expect([...listRooms(root)].sort()).toEqual(floors.flat().sort())
  })

  test('no import goes up or sideways', () => {
    expect(crossings(scanImports(root), sameFloor)).toEqual([])
  })

  test('the exceptions of the table stay on one floor', () => {
    const wrong = Object.entries(sameFloor).flatMap(([from, rooms]) =>
      rooms.filter((to) => floorOf(from) !== floorOf(to)).map((to) => `${from} → ${to}`),
    )
    expect(wrong).toEqual([])
  })

  test('rooms are imported through their index, tests excepted', () => {
    const deep = scanImports(root).filter(
      ({ file, specifier }) => !file.endsWith('.test.ts') && !specifier.endsWith('/index.ts'),
    )
    expect(deep.map(({ file, specifier }) => `${file}: ${specifier}`)).toEqual([])
  })

  test('a planted violation is seen', () => {
    const planted: RoomImport = { file: 'platform/x.ts', from: 'platform', to: 'cli', specifier: '../cli/main.ts' }
    expect(crossings([planted], sameFloor)).toEqual(['platform/x.ts: platform must not import cli (../cli/main.ts)'])
    expect(crossings(scanImports(root), {}).length).toBeGreaterThan(0)
    expect(crossings([{ ...planted, from: 'sandbox', to: 'placement' }], sameFloor)).toHaveLength(1)
  })
})

function crossings(imports: readonly RoomImport[], exceptions: Readonly<Record<string, readonly string[]>>): string[] {
  return imports
    .filter(({ from, to }) => !isAllowed(from, to, exceptions))
    .map(({ file, from, to, specifier }) => `${file}: ${from} must not import ${to} (${specifier})`)
}

function isAllowed(from: string, to: string, exceptions: Readonly<Record<string, readonly string[]>>): boolean {
  if (forbidden[from]?.includes(to) === true) return false
  return floorOf(to) < floorOf(from) || exceptions[from]?.includes(to) === true
}

function floorOf(room: string): number {
  return floors.findIndex((rooms) => rooms.includes(room))
}
