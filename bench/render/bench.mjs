// @ts-check
// npm run bench:render [rounds]: what rendering many resources costs. 2,000 resources with 200 images, whose registry
// answers after 20 ms, and 10,000 resources without images. The requests are exact, and checked; times are the median of
// the rounds. Beside `skaffold render` of the same project where skaffold is installed.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeProject } from './content.mjs'
import { serveImages } from './image-server.mjs'

const main = process.env['CATAMARAN_BENCH_CLI'] ?? fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const rounds = Number(process.argv[2] ?? 5)
const scratch = mkdtempSync(join(tmpdir(), 'catamaran-bench-render-'))
const path = [process.env['CATAMARAN_TEST_TOOLS'], process.env['PATH']].filter(Boolean).join(delimiter)
const env = { PATH: path, HOME: scratch, XDG_CACHE_HOME: join(scratch, 'cache'), KUBECONFIG: join(scratch, 'none') }
const hasTime = spawnSync('/usr/bin/time', ['-f', '%M', 'true']).status === 0
const peer = 'skaffold'
const hasPeer = spawnSync(peer, ['version'], { env, stdio: 'ignore' }).status === 0

/** @typedef {{wallMs: number, cpuMs: number, peakKiB: number}} Cost */
/** @typedef {import('./image-server.mjs').Counts} Counts */

const server = await serveImages({ images: 200, delayMs: 20 })
try {
  const many = project('many-images', { resources: 2000, images: server.images })
  const plain = project('no-images', { resources: 10_000, images: [] })
  const placed = ['render', '--digest-source=none', '--enable-platform-node-affinity', '-o', join(scratch, 'out.yaml')]
  const offline = ['render', '--digest-source=none', '--offline=true', '-o', join(scratch, 'out.yaml')]
  const catamaran = [process.execPath, main]
  const rows = [
    await job('2,000 resources, 200 images, first run', {
      folder: many,
      command: [...catamaran, ...placed],
      isCold: true,
    }),
    await job('2,000 resources, 200 images, again', { folder: many, command: [...catamaran, ...placed] }),
    await job('10,000 resources, no images', { folder: plain, command: [...catamaran, ...offline] }),
  ]
  assert.deepEqual(rows[0]?.counts, { heads: 0, manifests: 200, configs: 50, others: 0 })
  assert.deepEqual(rows[1]?.counts, { heads: 200, manifests: 0, configs: 0, others: 0 })
  assert.deepEqual(rows[2]?.counts, { heads: 0, manifests: 0, configs: 0, others: 0 })
  if (hasPeer) {
    rows.push(await job('skaffold: 2,000 resources', { folder: many, command: [peer, ...placed] }))
    rows.push(await job('skaffold: 10,000 resources', { folder: plain, command: [peer, ...offline] }))
  }
  print(rows)
} finally {
  await server.close()
  rmSync(scratch, { recursive: true, force: true })
}

/** @param {string} name @param {{resources: number, images: readonly string[]}} plan */
function project(name, plan) {
  const folder = join(scratch, name)
  mkdirSync(folder)
  writeProject(folder, plan)
  return folder
}

/**
 * Runs a command so many times, and gives the median of what it cost, and what it asked the registry each time.
 * @param {string} title @param {{folder: string, command: readonly string[], isCold?: boolean}} what
 */
async function job(title, { folder, command, isCold = false }) {
  /** @type {Cost[]} */
  const costs = []
  /** @type {Counts | undefined} */
  let counts
  for (let round = 0; round < rounds; round += 1) {
    if (isCold) rmSync(join(scratch, 'cache'), { recursive: true, force: true })
    costs.push(await run(folder, command))
    const taken = server.take()
    if (counts !== undefined) assert.deepEqual(taken, counts, title)
    counts = taken
  }
  return { title, counts, cost: median(costs) }
}

/** The server lives in this process, which therefore must not stand still. @param {string} cwd @param {readonly string[]} command */
async function run(cwd, command) {
  const [program = '', ...args] = hasTime ? ['/usr/bin/time', '-f', 'cost %U %S %M', ...command] : command
  const started = performance.now()
  const child = spawn(program, args, { env, cwd, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text))
  const status = await new Promise((done) => child.on('close', done))
  const wallMs = performance.now() - started
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${said}`)
  const [, user = '0', system = '0', peak = '0'] = /^cost ([\d.]+) ([\d.]+) (\d+)$/m.exec(said) ?? []
  return { wallMs, cpuMs: (Number(user) + Number(system)) * 1000, peakKiB: Number(peak) }
}

/** @param {readonly Cost[]} costs @returns {Cost} */
function median(costs) {
  const middle = (/** @type {readonly number[]} */ numbers) =>
    numbers.toSorted((left, right) => left - right)[Math.floor(numbers.length / 2)] ?? 0
  return {
    wallMs: middle(costs.map(({ wallMs }) => wallMs)),
    cpuMs: middle(costs.map(({ cpuMs }) => cpuMs)),
    peakKiB: middle(costs.map(({ peakKiB }) => peakKiB)),
  }
}

/** @param {readonly {title: string, cost: Cost, counts: Counts | undefined}[]} rows */
function print(rows) {
  const cells = rows.map(({ title, cost, counts }) => [
    title,
    cost.wallMs.toFixed(0),
    hasTime ? cost.cpuMs.toFixed(0) : '-',
    hasTime ? (cost.peakKiB / 1024).toFixed(0) : '-',
    `${counts?.heads ?? 0} + ${counts?.manifests ?? 0} + ${counts?.configs ?? 0}`,
  ])
  const all = [['what', 'wall ms', 'CPU ms', 'peak MB', 'HEAD + GET + config'], ...cells]
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  for (const row of all) {
    console.log(
      row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  '),
    )
  }
  console.log(`\nmedian of ${rounds} rounds, Node ${process.version}; the registry answers after 20 ms`)
}
