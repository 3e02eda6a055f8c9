import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const limit = '/proc/sys/user/max_inotify_watches'
/** A user of its own, with its own limit. */
const [program, ...asOther] = ['unshare', '--user', '--map-root-user', 'sh', '-c'] as const
const canLimit = process.platform === 'linux' && spawnSync(program, [...asOther, `echo 9 > ${limit}`]).status === 0
const dist = resolve(import.meta.dirname, '../../dist/watch/index.js')

describe.runIf(canLimit)('where the system refuses more watches (needs Linux with user namespaces)', () => {
  let folder = ''

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'catamaran-limits-'))
    for (const name of ['a', 'b', 'c', 'd']) mkdirSync(join(folder, name))
    for (const name of ['a', 'b', 'c', 'd']) writeFileSync(join(folder, name, 'file'), 'one')
  })

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  test.each([1, 3])('%i watches are allowed: changes are seen all the same', async (allowed) => {
    const script = `
      import { createWatcher } from ${JSON.stringify(dist)}
      const paths = ['a', 'b', 'c', 'd'].map((name) => ${JSON.stringify(folder)} + '/' + name + '/file')
      const watcher = createWatcher({ paths: async () => paths, debounceMs: 20, pollMs: 50 })
      setTimeout(() => console.log('ready'), 300)
      for await (const change of watcher.changes()) console.log(change.paths.join(' '))`
    const command = `echo ${allowed} > ${limit} && exec "$NODE" --input-type=module -e "$SCRIPT"`
    const child = spawn(program, [...asOther, command], {
      env: { NODE: process.execPath, SCRIPT: script, PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    try {
      expect((await lines.next()).value).toBe('ready')
      for (const name of ['d', 'a']) {
        writeFileSync(join(folder, name, 'file'), 'another text')
        expect((await lines.next()).value).toBe(join(folder, name, 'file'))
      }
    } finally {
      child.kill('SIGKILL')
    }
  })
})
