#!/usr/bin/env node
import { main } from './run-main.ts'

process.exitCode = await main({
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  onSignal(listener) {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => listener(name))
  },
  onCrash(listener) {
    process.on('uncaughtException', listener)
  },
  quit(code) {
    // the second Ctrl+C: nothing else may delay the end
    process.exit(code)
  },
})
