import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packPackage, type PackedPackage } from '../support/pack.ts'

const root = resolve(import.meta.dirname, '../..')
let folder: string
let packed: PackedPackage

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'catamaran-package-'))
  packed = packPackage(folder)
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('the package has what it promises and nothing else', () => {
  const { files, manifest } = packed
  for (const target of Object.values(manifest.exports).map((path) => path.replace('./', ''))) {
    expect(files).toContain(target)
    if (target.endsWith('.js')) expect(files).toContain(target.replace(/\.js$/, '.d.ts'))
  }
  expect(files).toEqual(
    expect.arrayContaining(['README.md', 'LICENSE', 'dist/cli/main.js', 'docs/reference/errors.md']),
  )
  expect(files.filter((file) => /\.test\.|\.map$|^src\/|^test\//.test(file))).toEqual([])
  expect(files.filter((file) => !/^(?:dist|docs)\/|^(?:README\.md|LICENSE|package\.json)$/.test(file))).toEqual([])
})

test('every room with exports for users is a subpath, and every subpath is a room', () => {
  const rooms = Object.keys(packed.manifest.exports).filter((path) => path !== './package.json')
  expect(rooms.every((path) => packed.files.includes(`dist/${path.slice(2)}/index.js`))).toBe(true)
  expect(rooms.length).toBeGreaterThan(10)
})

test('publint finds nothing', () => {
  const checked = spawnSync(process.execPath, [bin('publint'), '--strict', packed.tarball], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(checked.status, checked.stdout + checked.stderr).toBe(0)
})

test('attw finds the types from every kind of ESM project', () => {
  const args = [bin('@arethetypeswrong/cli'), '--profile', 'esm-only', packed.tarball]
  const checked = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  expect(checked.status, checked.stdout + checked.stderr).toBe(0)
})

test('the unpacked CLI prints its version on this Node', () => {
  execFileSync('tar', ['-xzf', packed.tarball, '-C', folder])
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const main = join(folder, 'package/dist/cli/main.js')
  expect(readFileSync(main, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
  const said = execFileSync(process.execPath, [main, 'version'], { encoding: 'utf8' })
  expect(said).toBe(`v${packed.manifest.version}\n`)
})

/** The file that a package's command is in. */
function bin(name: string): string {
  const folderOfPackage = join(root, 'node_modules', name)
  const manifest = JSON.parse(readFileSync(join(folderOfPackage, 'package.json'), 'utf8')) as {
    readonly bin: string | Readonly<Record<string, string>>
  }
  const path = typeof manifest.bin === 'string' ? manifest.bin : (Object.values(manifest.bin)[0] ?? '')
  return join(folderOfPackage, path)
}
