// @ts-check
// npm run bench:registry [MiB of the big image] [rounds]: index work of catamaran beside the tools that are here, against
// two registries through counting proxies, plain and with 50 ms for each round trip. Requests, connections and bytes are
// exact; times are the shortest of the rounds, and ratios to catamaran's.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pushContent } from './content.mjs'
import { startProxy } from './proxy.mjs'
import { findTools } from './tools.mjs'

const main = process.env['CATAMARAN_BENCH_CLI'] ?? fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const bigBytes = Number(process.argv[2] ?? 64) * 1024 * 1024
const rounds = Number(process.argv[3] ?? 3)
const scratch = mkdtempSync(join(tmpdir(), 'catamaran-bench-'))
const path = [process.env['CATAMARAN_TEST_TOOLS'], process.env['PATH']].filter(Boolean).join(delimiter)
process.env['PATH'] = path
// settings, logins and caches of this machine stay out; skopeo keeps where it has seen blobs in its home
const home = join(scratch, 'home')
const docker = join(scratch, 'docker')
for (const folder of [home, docker]) mkdirSync(folder)
// of docker's settings only where its plugins are
const ownDocker = process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker')
const { cliPluginsExtraDirs = [] } = readSettings(join(ownDocker, 'config.json'))
const pluginFolders = [join(ownDocker, 'cli-plugins'), ...cliPluginsExtraDirs]
writeFileSync(join(docker, 'config.json'), JSON.stringify({ cliPluginsExtraDirs: pluginFolders }))
const env = {
  PATH: path,
  HOME: home,
  DOCKER_CONFIG: docker,
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

/**
 * @typedef {{readonly title: string, readonly kind: 'stitch' | 'copy', readonly from: string, readonly tags: readonly string[], readonly target: (own: string) => string}} Job
 * @typedef {import('./tools.mjs').Tool} Tool
 * @typedef {{cost: Cost, counts: string[]}} Result
 */

/** @param {CountingProxy} near @param {CountingProxy} far @param {number} delayMs */
async function runJobs(near, far, delayMs) {
  const tools = findTools(main, env)
  console.log(`\n${delayMs === 0 ? 'on loopback' : `${delayMs} ms for each round trip`}`)
  /** @type {Map<string, Map<string, Result | undefined>>} */
  const best = new Map()
  for (let round = 0; round < rounds; round += 1) {
    // new content each time: skopeo remembers where it has seen what
    const run = `bench-${process.pid}-${delayMs}-${round}`
    await pushContent(nearHost, `${run}/small`, { tag: '1', ownLayers: 2, layerBytes: 160_000 })
    await pushContent(nearHost, `${run}/big`, { tag: '1', ownLayers: 4, layerBytes: Math.floor(bigBytes / 29) })
    for (const job of jobsOf(near.host, far.host, run)) {
      const results = best.get(job.title) ?? new Map()
      best.set(job.title, results)
      await runRound(job, { tools, proxies: [near, far], results })
    }
  }
  print(
    ['job', 'program', 'requests', 'TCP', 'up MB', 'down MB', 'CPU ms', 'peak MB', 'wall ms', 'wall ×'],
    [...best].flatMap(([title, results]) => rowsOf(title, results)),
  )
}

/** @param {string} title @param {Map<string, Result | undefined>} results */
function rowsOf(title, results) {
  const base = results.get('catamaran')?.cost.wallMs ?? 1
  return [...results].map(([tool, found]) => {
    return [title, tool, ...(found === undefined ? ['failed'] : [...found.counts, ...describe(found.cost, base)])]
  })
}

/** @param {string} near @param {string} far @param {string} run @returns {readonly Job[]} */
function jobsOf(near, far, run) {
  const tags = Array.from({ length: 7 }, (_, at) => `${near}/${run}/small:1-${at}`)
  const [small, big] = [`${near}/${run}/small:1`, `${near}/${run}/big:1`]
  /** @param {string} title @param {string} from @param {string} to @returns {Job} */
  const copy = (title, from, to) => ({ title, kind: 'copy', from, tags, target: (own) => `${to}-${own}:1` })
  return [
    { title: 'stitch 7 tags', kind: 'stitch', from: small, tags, target: (own) => `${near}/${run}/small:${own}` },
    copy('small, same registry', small, `${near}/${run}/copy-small`),
    copy('small, again', small, `${near}/${run}/copy-small`),
    copy('small, to another', small, `${far}/${run}/far-small`),
    copy('big, same registry', big, `${near}/${run}/copy-big`),
    copy('big, again', big, `${near}/${run}/copy-big`),
    copy('big, to another', big, `${far}/${run}/far-big`),
  ]
}

/**
 * Each program once; the shorter of its rounds stays.
 * @param {Job} job @param {{tools: readonly Tool[], proxies: readonly CountingProxy[], results: Map<string, Result | undefined>}} what
 */
async function runRound({ kind, from, tags, target }, { tools, proxies, results }) {
  for (const tool of tools) {
    const lines = tool[kind]?.({ from, tags, to: target(tool.name.replaceAll(' ', '-')) })
    if (lines === undefined) continue
    for (const proxy of proxies) proxy.reset()
    const cost = await measure(lines)
    const before = results.get(tool.name)
    const isBetter = cost !== undefined && (before === undefined || cost.wallMs < before.cost.wallMs)
    results.set(tool.name, isBetter ? { cost, counts: sums(proxies) } : before)
  }
}

/** @param {readonly CountingProxy[]} proxies */
function sums(proxies) {
  /** @param {'requests' | 'connections' | 'bytesUp' | 'bytesDown'} key */
  const sum = (key) => proxies.reduce((total, proxy) => total + proxy.counts()[key], 0)
  const [up, down] = [sum('bytesUp'), sum('bytesDown')].map((bytes) => (bytes / 1e6).toFixed(1))
  return [String(sum('requests')), String(sum('connections')), up ?? '', down ?? '']
}

/** @param {Cost} cost @param {number} base */
function describe(cost, base) {
  return [
    hasTime ? cost.cpuMs.toFixed(0) : '-',
    hasTime ? (cost.peakKiB / 1024).toFixed(0) : '-',
    cost.wallMs.toFixed(0),
    (cost.wallMs / base).toFixed(2),
  ]
}

/** @param {string} path @returns {{cliPluginsExtraDirs?: string[]}} */
function readSettings(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}
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
    : [process.execPath, main, 'registry', 'serve', `--listen=${port}`, `--storage=${join(scratch, name)}`]
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
