// @ts-check
// npm run bench:build -- [rounds] [--only TEXT] [--without NAME]…: building and pushing for two platforms, in turn with the
// builders that are here (docker buildx, buildah). The images are compared file by file first: unequal work is not timed.
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { catamaran, env, findBuilders, platforms, scratch, serveRegistry } from './builders.mjs'
import { imagesOf } from './image-tree.mjs'
import { baseImage, change, jarLayers, nodeModules, oneBinary, setBase, staticSite, tenImages } from './projects.mjs'
import { startProxy } from './registry/proxy.mjs'
import { measure } from './usage.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, without: { type: 'string', multiple: true } },
})
const rounds = Number(positionals[0] ?? 3)
const makers = { site: staticSite, binary: oneBinary, node: nodeModules, jar: jarLayers, ten: tenImages }
const builders = findBuilders(values.without)
let counter = 0

/** @typedef {import('./builders.mjs').Builder} Builder */
/** @typedef {import('./projects.mjs').Input} Input */
/** @typedef {import('./usage.mjs').Usage} Usage */

const registry = await serveRegistry()
const proxy = await startProxy(registry.host, 0)
try {
  for (const version of [1, 2]) {
    await build(catamaran, baseImage(version), `${proxy.host}/bases@v${version}`)
  }
  for (const { name, compression } of builders) console.log(`${name}: ${compression}`)
  printLine([
    'what',
    'state',
    'builder',
    'wall ms',
    '×',
    'CPU ms',
    '×',
    'daemon',
    'written MB',
    'sent MB',
    'requests',
    'peak MB',
  ])
  for (const [name, make] of Object.entries(makers)) {
    if (values.only === undefined || name.includes(values.only)) await benchProject(make())
  }
  console.log(`\n${rounds} rounds in turn, ${platforms}; wall: median, the rest: least; × against catamaran`)
  console.log('CPU: the program and its daemons; daemons are shared with whatever else runs here; peak: of the program')
} finally {
  registry.stop()
  await proxy.close()
  rmSync(scratch, { recursive: true, force: true })
}

/** @param {Input} project */
async function benchProject(project) {
  setBase(project, `${proxy.host}/bases/base:v1`)
  await requireEqualImages(project)
  const warm = (/** @type {Builder} */ { name }) => `${proxy.host}/warm-${name.replaceAll(' ', '-')}`
  await state(project, 'cold', (builder) => {
    builder.clear()
    return `${proxy.host}/cold-${(counter += 1)}`
  })
  // those that were cleared in the last round know as much as they ever will
  for (const builder of builders) await build(builder, project, warm(builder))
  await state(project, 'unchanged', warm)
  for (const [what, file] of /** @type {const} */ ([
    ['small layer', project.small],
    ['big layer', project.big],
  ])) {
    await state(project, what, (builder) => {
      change(project, file)
      return warm(builder)
    })
  }
  let base = 1
  await state(project, 'base', (builder) => {
    // the same change for all of a round
    if (builder === builders[0]) base = 3 - base
    setBase(project, `${proxy.host}/bases/base:v${base}`)
    return `${proxy.host}/base-${(counter += 1)}`
  })
}

/** @param {Input} project @param {string} what @param {(builder: Builder) => string} prepare gives where to push to */
async function state(project, what, prepare) {
  /** @type {Map<Builder, Usage[]>} */
  const samples = new Map(builders.map((builder) => [builder, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const builder of builders) samples.get(builder)?.push(await build(builder, project, prepare(builder)))
  }
  const [own] = builders.map((builder) => summarize(samples.get(builder) ?? []))
  for (const builder of builders) {
    const one = summarize(samples.get(builder) ?? [])
    const cpu = (/** @type {Usage | undefined} */ usage) =>
      usage === undefined ? NaN : usage.clientCpuMs + usage.daemonCpuMs
    printLine([
      project.what,
      what,
      builder.name,
      one.wallMs.toFixed(0),
      (one.wallMs / (own?.wallMs ?? NaN)).toFixed(2),
      cpu(one).toFixed(0),
      (cpu(one) / cpu(own)).toFixed(2),
      one.daemonCpuMs.toFixed(0),
      mega(one.writtenBytes),
      mega(one.sentBytes),
      String(one.requests),
      mega(one.peakBytes),
    ])
  }
}

/** @param {readonly Usage[]} samples @returns {Usage} */
function summarize(samples) {
  const least = (/** @type {keyof Usage} */ key) => Math.min(...samples.map((one) => one[key]))
  const walls = samples.map(({ wallMs }) => wallMs).sort((one, other) => one - other)
  return {
    wallMs: walls[Math.floor(walls.length / 2)] ?? NaN,
    clientCpuMs: least('clientCpuMs'),
    daemonCpuMs: least('daemonCpuMs'),
    writtenBytes: least('writtenBytes'),
    sentBytes: least('sentBytes'),
    requests: least('requests'),
    peakBytes: Math.max(...samples.map(({ peakBytes }) => peakBytes)),
  }
}

/** @param {Builder} builder @param {import('./builders.mjs').Project} project @param {string} target `place@tag` */
function build(builder, project, target) {
  const [place = '', tag = 'v1'] = target.split('@')
  return measure(builder.build(project, place, tag), { env, daemons: builder.daemons, proxy })
}

/** @param {Input} project */
async function requireEqualImages(project) {
  const [image = ''] = project.images
  /** @type {unknown} */
  let ours
  for (const builder of builders) {
    const place = `${proxy.host}/equal-${(counter += 1)}`
    await build(builder, project, place)
    const images = await imagesOf(`${place}/${image}:v1`)
    assert.equal(Object.keys(images).sort().join(), platforms)
    ours ??= images
    assert.deepEqual(images, ours, `${builder.name} builds another image`)
  }
}

/** @param {number} bytes */
function mega(bytes) {
  return Number.isFinite(bytes) ? (bytes / 1e6).toFixed(1) : '-'
}

/** @param {readonly string[]} cells */
function printLine(cells) {
  const widths = [26, 11, 13, 8, 6, 8, 6, 8, 10, 8, 8, 8]
  console.log(
    cells.map((cell, at) => (at < 3 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' '),
  )
}
