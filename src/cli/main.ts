#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8'
import { main } from './run-main.ts'

// undici parses HTTP with WebAssembly. To optimise it in the background costs more than most commands do, and the process
// does not end before that is done; what comes first is fast enough. Later Node.js may not know these flags any more.
if (Number.parseInt(process.versions.node, 10) <= 24) {
  for (const flag of ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering']) setFlagsFromString(flag)
}

let isTerminalGone = false

process.exitCode = await main({
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  onSignal(listener) {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(name, () => {
        isTerminalGone ||= name === 'SIGHUP'
        listener(name)
      })
    }
  },
  onCrash(listener) {
    process.on('uncaughtException', listener)
  },
  quit(code) {
    // the second Ctrl+C: nothing else may delay the end
    process.exit(code)
  },
})

if (isTerminalGone) {
  // as who does not catch it ends; an ordinary end would restore a terminal that is not there, which Node.js dies of
  process.removeAllListeners('SIGHUP')
  process.kill(process.pid, 'SIGHUP')
}
