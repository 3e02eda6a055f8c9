// @ts-check
// Everything that judges the tree without running it. All steps run, so one look shows every complaint.
import { spawn } from 'node:child_process'

const steps = [
  ['types', 'tsc -p tsconfig.json --noEmit'],
  ['test types', 'tsc -p test/tsconfig.json'],
  ['lint', 'oxlint --deny-warnings'],
  ['format', 'oxfmt --check .'],
  ['unused code', 'knip'],
  ['unused code in production', 'knip --production'],
  ['package', 'publint --strict'],
]

/** @param {string} command @returns {Promise<{status: number, output: string}>} */
function run(command) {
  return new Promise((resolve) => {
    const child = spawn('npx', ['--no-install', ...command.split(' ')], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (data) => (output += data))
    child.stderr.on('data', (data) => (output += data))
    child.on('close', (status) => resolve({ status: status ?? 1, output }))
  })
}

let failed = 0
for (const [name = '', command = ''] of steps) {
  const started = Date.now()
  const { status, output } = await run(command)
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
  if (status !== 0) {
    failed += 1
    console.log(output)
  }
}
process.exitCode = failed === 0 ? 0 : 1
