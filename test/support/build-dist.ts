import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

/**
 * Set-up of the suites that run the compiled CLI: dist is what the scripts make of src, or it is made anew. When that fails there is
 * no dist: the tests that need it fail, the others run.
 */
export function setup(): void {
  if (Math.max(newestUnder('src'), newestUnder('scripts')) <= newestUnder('dist')) return
  spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], { cwd: root, stdio: 'inherit' })
}

function newestUnder(folder: string): number {
  if (!existsSync(join(root, folder))) return 0
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .reduce((newest, { parentPath, name }) => Math.max(newest, statSync(join(parentPath, name)).mtimeMs), 0)
}
