// @ts-check
// npm run bench:registry [MiB of the big image]: index work of catamaran beside the tools that are here, against one
// registry through a counting proxy, plain and with 50 ms for each round trip. Requests, connections and bytes are exact;
// times are ratios to catamaran's in the same run.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pushContent } from './content.mjs'
import { startProxy } from './proxy.mjs'
import { findTools } from './tools.mjs'

const main = process.env['CATAMARAN_BENCH_CLI'] ?? fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const bigBytes = Number(process.argv[2] ?? 64) * 1024 * 1024
const scratch = mkdtempSync(join(tmpdir(), 'catamaran-bench-'))
const path = [process.env['CATAMARAN_TEST_TOOLS'], process.env['PATH']].filter(Boolean).join(delimiter)
process.env['PATH'] = path
// settings, logins and caches of this machine stay out; skopeo keeps where it has seen blobs in its home
const home = join(scratch, 'home')
const docker = join(scratch, 'docker')
for (const folder of [home, docker]) mkdirSync(folder)
// of docker's settings only where its plugins are
const plugins = join(process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker'), 'cli-plugins')
if (existsSync(plugins)) symlinkSync(plugins, join(docker, 'cli-plugins'))
const env = {
  PATH: path,
  HOME: home,
  DOCKER_CONFIG: join(scratch, 'docker'),
  DOCKER_HOST: process.env['DOCKER_HOST'] ?? '',
}
const hasTime = spawnSync('/usr/bin/time', ['-f', '%M', 'true']).status === 0

/** @typedef {import('./proxy.mjs').CountingProxy} CountingProxy */
/** @typedef {{wallMs: number, cpuMs: number, peakKiB: number}} Cost */

// two registries that know nothing of each other: a mount from one into the other must not work
const servers = [await openRegistry('near'), await openRegistry('far')]
const [nearHost = '', farHost = ''] = servers.map(({ host }) => host)
try {
  for (const delayMs of [0, 50]) {
    const [near, far] = await Promise.all([startProxy(nearHost, delayMs), startProxy(farHost, delayMs)])
    await runJobs(near, far, delayMs)
    await Promise.all([near.close(), far.close()])
  }
} finally {
  for (const server of servers) server.close()
  rmSync(scratch, { recursive: true, force: true, maxRetries: 3 })
}

/** @param {CountingProxy} near @param {CountingProxy} far @param {number} delayMs */
async function runJobs(near, far, delayMs) {
  const run = `bench-${process.pid}-${delayMs}`
  await pushContent(nearHost, `${run}/small`, { tag: '1', ownLayers: 2, layerBytes: 160_000 })
  await pushContent(nearHost, `${run}/big`, { tag: '1', ownLayers: 4, layerBytes: Math.floor(bigBytes / 29) })
  const tools = findTools(main, env)
  const tags = Array.from({ length: 7 }, (_, at) => `${near.host}/${run}/small:1-${at}`)
  const from = `${near.host}/${run}/small:1`
  /** @param {string} host @param {string} what @param {string} tool */
  const to = (host, what, tool) => `${host}/${run}/${what}-${tool.replaceAll(' ', '-')}:1`
  const proxies = [near, far]
  console.log(`\n${delayMs === 0 ? 'on loopback' : `${delayMs} ms for each round trip`}`)
  /** @type {string[][]} */
  const rows = []
  const jobs = /** @type {const} */ ([
    [
      'stitch 7 tags',
      'stitch',
      (/** @type {string} */ tool) => `${near.host}/${run}/small:${tool.replaceAll(' ', '-')}`,
      from,
    ],
    ['copy in a registry', 'copy', (/** @type {string} */ tool) => to(near.host, 'copy', tool), from],
    ['the same again', 'copy', (/** @type {string} */ tool) => to(near.host, 'copy', tool), from],
    ['copy to another', 'copy', (/** @type {string} */ tool) => to(far.host, 'far', tool), `${near.host}/${run}/big:1`],
  ])
  for (const [title, kind, target, source] of jobs) {
    /** @type {number | undefined} */
    let base
    for (const tool of tools) {
      const lines = tool[kind]?.({ from: source, tags, to: target(tool.name) })
      if (lines === undefined) continue
      proxies.forEach((proxy) => proxy.reset())
      const cost = await measure(lines)
      base ??= cost?.wallMs
      rows.push([title, tool.name, ...describe(cost, proxies, base ?? 1)])
    }
  }
  print(['job', 'program', 'requests', 'TCP', 'up MB', 'down MB', 'CPU ms', 'peak MB', 'wall ms', 'wall ×'], rows)
}

/** @param {Cost | undefined} cost @param {readonly CountingProxy[]} proxies @param {number} base */
function describe(cost, proxies, base) {
  if (cost === undefined) return ['failed']
  /** @param {'requests' | 'connections' | 'bytesUp' | 'bytesDown'} key */
  const sum = (key) => proxies.reduce((total, proxy) => total + proxy.counts()[key], 0)
  return [
    String(sum('requests')),
    String(sum('connections')),
    (sum('bytesUp') / 1e6).toFixed(1),
    (sum('bytesDown') / 1e6).toFixed(1),
    hasTime ? cost.cpuMs.toFixed(0) : '-',
    hasTime ? (cost.peakKiB / 1024).toFixed(0) : '-',
    cost.wallMs.toFixed(0),
    (cost.wallMs / base).toFixed(2),
  ]
}

/** Runs the lines one after the other; undefined when one fails. @param {readonly import('./tools.mjs').Line[]} lines */
async function measure(lines) {
  const total = { wallMs: 0, cpuMs: 0, peakKiB: 0 }
  for (const line of lines) {
    const cost = await runLine(line)
    if (cost === undefined) return undefined
    total.wallMs += cost.wallMs
    total.cpuMs += cost.cpuMs
    total.peakKiB = Math.max(total.peakKiB, cost.peakKiB)
  }
  return total
}

/** The proxy lives in this process, which therefore must not stand still. @param {import('./tools.mjs').Line} line */
async function runLine(line) {
  const [program = '', ...args] = hasTime ? ['/usr/bin/time', '-f', 'cost %U %S %M', ...line] : line
  const started = performance.now()
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text))
  const status = await new Promise((done) => child.on('close', done))
  const wallMs = performance.now() - started
  if (status !== 0) {
    console.error(`${line.join(' ')} ended with ${status}: ${said.split('\n')[0]}`)
    return undefined
  }
  const [, user = '0', system = '0', peak = '0'] = /^cost ([\d.]+) ([\d.]+) (\d+)$/m.exec(said) ?? []
  return { wallMs, cpuMs: (Number(user) + Number(system)) * 1000, peakKiB: Number(peak) }
}

/** docker-registry where it is installed, else catamaran's own. @param {string} name */
async function openRegistry(name) {
  const port = await freePort()
  const config = join(scratch, `${name}.yml`)
  const storage = { filesystem: { rootdirectory: join(scratch, name) } }
  writeFileSync(
    config,
    JSON.stringify({ version: 0.1, log: { level: 'error' }, storage, http: { addr: `127.0.0.1:${port}` } }),
  )
  const known = 'docker-registry'
  const isThere = spawnSync(known, ['--version'], { stdio: 'ignore', env }).status === 0
  const [program = '', ...args] = isThere
    ? [known, 'serve', config]
    : [process.execPath, main, 'registry', 'serve', `--port=${port}`, `--data=${join(scratch, name)}`]
  const child = spawn(program, args, { env, stdio: 'ignore' })
  const host = `127.0.0.1:${port}`
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await fetch(`http://${host}/v2/`).catch(() => undefined)
    if (answer?.ok === true) return { host, close: () => void child.kill('SIGINT') }
    await new Promise((done) => setTimeout(done, 100))
  }
  child.kill()
  throw new Error(`${program} does not answer on ${host}`)
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer()
  await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  await new Promise((done) => server.close(done))
  return port
}

/** @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
function print(head, rows) {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  for (const row of all) {
    const cells = row.map((cell, at) => (at < 2 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
    console.log(cells.join('  '))
  }
}
