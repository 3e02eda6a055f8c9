// @ts-check
// npm run bench:cache [rounds]: what finding out costs that nothing has changed, and counts: nothing is read twice, and one
// part of a big layer is made for one changed file. Beside other builders: npm run bench:build.
import assert from 'node:assert/strict'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { listContext, openFileDigests } from '../dist/workspace/index.js'
import { catamaran, env, scratch, serveRegistry } from './builders.mjs'
import { compare, printTable, time } from './measure.mjs'
import { change, nodeModules, put, setBase, start, text } from './projects.mjs'

const rounds = Number(process.argv[2] ?? 3)
const registry = await serveRegistry()
try {
  const many = manyFiles()
  await reportDigests(many.folder)
  const rows = lookUpRows(many)
  rmSync(many.folder, { recursive: true })
  requireOnePart()
  printTable(rows)
  console.log(`\n${rounds} rounds; wall: median, CPU: least`)
} finally {
  registry.stop()
  rmSync(scratch, { recursive: true, force: true })
}

/** @param {import('./builders.mjs').Project} project @param {string} place */
function build(project, place) {
  return time(['sh', '-c', catamaran.build(project, `${registry.host}/${place}`, 'v1')], { env })
}

/** What is read, and how long it takes to find out that nothing has to be. @param {string} folder */
async function reportDigests(folder) {
  for (const state of ['cold', 'warm']) {
    const started = performance.now()
    // as if some time had passed since the files were written
    const digests = openFileDigests({ cacheFolder: join(scratch, 'digests'), now: () => Date.now() + 60_000 })
    const files = (await listContext(folder)).filter(({ kind }) => kind === 'file')
    const inFolder = digests.in(folder)
    await Promise.all(files.map(async (file) => inFolder.of(file)))
    await digests.save()
    const seconds = ((performance.now() - started) / 1000).toFixed(2)
    console.log(`digests of ${files.length} files, ${state}: ${digests.reads} read, ${seconds} s`)
    assert.equal(digests.reads, state === 'cold' ? files.length : 0)
  }
}

/** @param {import('./builders.mjs').Project} project */
function lookUpRows(project) {
  build(project, 'many')
  // files that were just written are read once more: their times cannot be trusted yet
  build(project, 'many')
  const run = () => build(project, 'many')
  return compare('100,000 files, unchanged', [{ name: 'catamaran', run }], rounds)
}

function requireOnePart() {
  const project = nodeModules()
  setBase(project, 'scratch')
  build(project, 'part')
  const before = parts()
  change(project, project.big)
  build(project, 'part')
  const made = parts() - before
  console.log(`26,000 files in ${before} parts; one file changed: ${made} made`)
  assert.ok(made <= 2)
}

function parts() {
  const found = readdirSync(join(scratch, 'cache/catamaran/layers/parts'), { recursive: true, withFileTypes: true })
  return found.filter((entry) => entry.isFile()).length
}

/** @returns {import('./builders.mjs').Project} */
function manyFiles() {
  const folder = start('many')
  for (let index = 0; index < 100_000; index += 1) {
    put(folder, `lib/package-${Math.floor(index / 100)}/file-${index % 100}.js`, text(index, 600))
  }
  put(folder, 'Dockerfile', 'FROM scratch\nCOPY lib /lib/\n')
  return { folder, images: ['app'] }
}
