#!/usr/bin/env node
import nodeModule from 'node:module'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { cacheFolder } from './cache-folder.ts'
import { main } from './run-main.ts'

// undici parses HTTP with WebAssembly. To optimise it in the background costs more than most commands do, and the process
// does not end before that is done; what comes first is fast enough. Later Node.js may not know these flags any more.
if (Number.parseInt(process.versions.node, 10) <= 24) {
  for (const flag of ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering']) setFlagsFromString(flag)
}

// Commands are loaded below: what is compiled is kept for the next time, where Node.js can (22.8 and later). Its own default is
// a folder for temporary files, where others may write. Without a home there is no folder that is this user's alone.
const hasHome = process.env['HOME'] !== undefined || process.platform === 'win32'
if (hasHome && 'enableCompileCache' in nodeModule && typeof nodeModule.enableCompileCache === 'function') {
  nodeModule.enableCompileCache(join(cacheFolder(process.env), 'compiled'))
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
