import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { listRooms, sourceFiles } from './scan.ts'

const root = resolve(import.meta.dirname, '../../src')

test('a room index is a table of contents: named exports only, each with a doc comment where it is declared', () => {
  const complaints = listRooms(root).flatMap((room) => {
    const index = join(root, room, 'index.ts')
    if (!sourceFiles(join(root, room)).includes(index)) return []
    return complaintsAbout(
      readFileSync(index, 'utf8'),
      (path) => readFileSync(resolve(dirname(index), path), 'utf8'),
      room,
    )
  })
  expect(complaints).toEqual([])
})

test('planted violations are seen', () => {
  const sources: Readonly<Record<string, string>> = {
    './a.ts': '/** Says what. */\nexport function told(): void {}\n\nexport function untold(): void {}\n',
  }
  const read = (path: string): string => sources[path] ?? ''
  expect(complaintsAbout("export { told, untold } from './a.ts'\n", read, 'x')).toEqual([
    'x: untold has no doc comment',
  ])
  expect(complaintsAbout("export * from './a.ts'\n", read, 'x')).toEqual(['x: "export * from" names nothing'])
  expect(complaintsAbout('export const logic = 1\n', read, 'x')).toEqual(['x: has logic: export const logic = 1'])
})

function complaintsAbout(index: string, read: (path: string) => string, room: string): readonly string[] {
  const code = index.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '')
  const stars = /export \*/.test(code) ? [`${room}: "export * from" names nothing`] : []
  const reexport = /export (?:type )?\{([^}]*)\} from '([^']+)'/g
  const logic = code
    .replaceAll(reexport, '')
    .replaceAll(/export \*.*$/gm, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && line !== ';')
    .map((line) => `${room}: has logic: ${line}`)
  const silent = [...code.matchAll(reexport)].flatMap(([, names = '', path = '']) =>
    names
      .split(',')
      .map((name) =>
        name
          .trim()
          .replace(/^type /, '')
          .replace(/ as .*$/, ''),
      )
      .filter((name) => name !== '' && !isDocumented(name, path, read))
      .map((name) => `${room}: ${name} has no doc comment`),
  )
  return [...stars, ...logic, ...silent]
}

/** Follows re-exports to the declaration. */
function isDocumented(name: string, path: string, read: (path: string) => string): boolean {
  const text = read(path)
  const declaration = new RegExp(
    String.raw`(\*/\n)?(?:// .*\n)*export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|const|class|interface|type) ${name}\b`,
  )
  const found = declaration.exec(text)
  if (found !== null) return found[1] !== undefined
  const [, from] = new RegExp(String.raw`export (?:type )?\{[^}]*\b${name}\b[^}]*\} from '([^']+)'`).exec(text) ?? []
  return from !== undefined && isDocumented(name, join(dirname(path), from).replace(/^(?!\.)/, './'), read)
}
