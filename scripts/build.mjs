// @ts-check
// Compiles src to dist. dist is replaced as a whole, so what is packed is what is in src, a running CLI keeps its files until
// the new ones are complete, and two builds at once do not mix. When the source does not compile, dist stays as it was.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { bundleCommandLine } from './bundle.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const next = mkdtempSync('dist-next-')
const old = `${next}-old`
const compiler = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', '--outDir', next]
const built = spawnSync(process.execPath, compiler, { stdio: 'inherit' })
if (built.status === 0) {
  await bundleCommandLine(next)
  chmodSync(next, 0o755)
  chmodSync(`${next}/cli/main.js`, 0o755)
  moveAway()
  renameSync(next, 'dist')
} else {
  process.exitCode = built.status ?? 1
}
for (const folder of [next, old]) rmSync(folder, { recursive: true, force: true })

function moveAway() {
  try {
    renameSync('dist', old)
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error
  }
}
