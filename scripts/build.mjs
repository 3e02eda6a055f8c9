// @ts-check
// Compiles src to dist. dist is replaced as a whole, so what is packed is what is in src and a running CLI keeps its files
// until the new ones are complete; a source that does not compile leaves no dist.
import { spawnSync } from 'node:child_process'
import { chmodSync, renameSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const next = 'dist-next'
rmSync(next, { recursive: true, force: true })
const compiler = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', '--outDir', next]
const built = spawnSync(process.execPath, compiler, { stdio: 'inherit' })
rmSync('dist', { recursive: true, force: true })
if (built.status === 0) {
  chmodSync(`${next}/cli/main.js`, 0o755)
  renameSync(next, 'dist')
} else {
  rmSync(next, { recursive: true, force: true })
  process.exitCode = built.status ?? 1
}
