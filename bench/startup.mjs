// @ts-check
// npm run bench:startup [rounds]: what the CLI costs before it does anything, against Node doing nothing.
import { fileURLToPath } from 'node:url'
import { compare, printTable, time } from './measure.mjs'

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const rounds = Number(process.argv[2] ?? 15)
/** @param {readonly string[]} args */
const cli = (args) => ({
  name: `catamaran ${args.join(' ')}`,
  run: () => time([process.execPath, main, ...args]),
})

printTable(
  compare(
    'startup',
    [
      { name: 'node -e 0', run: () => time([process.execPath, '-e', '0']) },
      cli(['version']),
      cli(['--help']),
      cli(['run', '--help']),
      cli(['completion', 'bash']),
    ],
    rounds,
  ),
)
console.log(`\n${rounds} rounds in turn, Node ${process.version}; wall: median, CPU: least; × against node -e 0`)
