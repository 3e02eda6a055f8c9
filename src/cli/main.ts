#!/usr/bin/env node
import { main } from './run-main.ts'

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
