// @ts-check
// Compiles src to dist; a stale dist never survives, so what is packed is what is in src.
import { spawnSync } from 'node:child_process'
import { chmodSync, rmSync } from 'node:fs'

rmSync('dist', { recursive: true, force: true })
const built = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'], {
  stdio: 'inherit',
})
if (built.status === 0) chmodSync('dist/cli/main.js', 0o755)
else process.exitCode = built.status ?? 1
