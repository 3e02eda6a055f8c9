// @ts-check
// npm run bench:cache [rounds]: what an unchanged build and a changed file cost, by state of the caches. 100,000 files are
// only looked up; 26,000 files (160 MiB) are built and pushed for two platforms, beside buildah and docker buildx where
// these are here. Counts come first: nothing is read twice, and one part of a big layer is made for one changed file.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { listContext, openFileDigests } from '../dist/workspace/index.js'
import { compare, printTable, time } from './measure.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const main = join(root, 'dist/cli/main.js')
const rounds = Number(process.argv[2] ?? 3)
const platforms = 'linux/amd64,linux/arm64'
const scratch = mkdtempSync(join(tmpdir(), 'catamaran-bench-cache-'))
const path = [process.env['CATAMARAN_TEST_TOOLS'], process.env['PATH']].filter(Boolean).join(delimiter)
const env = { ...process.env, PATH: path, XDG_CACHE_HOME: join(scratch, 'cache') }
const skaffold = `apiVersion: skaffold/v4beta13
kind: Config
build:
  artifacts:
    - image: app
`
let counter = 0
const blocks = makeBlocks()

/** @typedef {{readonly name: string, readonly build: (project: string, name: string) => readonly [string, ...string[]], readonly clear: () => void}} Builder */

/** @type {Builder} */
const catamaran = {
  name: 'catamaran',
  build: (project, name) => {
    const [, repo = '', tag = ''] = /^(.*)\/app:(.*)$/.exec(name) ?? []
    return sh(
      `cd ${project} && exec ${process.execPath} ${main} build -t ${tag} --default-repo=${repo} --platform=${platforms}`,
    )
  },
  clear: () => rmSync(join(scratch, 'cache'), { recursive: true, force: true }),
}

const storage = `--root ${join(scratch, 'buildah')} --runroot ${join(scratch, 'buildah-run')} --storage-driver vfs`
/** @type {Builder} */
const buildah = {
  name: 'buildah',
  build: (project, name) => {
    const list = `list-${name.replaceAll(/\W/g, '-')}`
    return sh(
      `cd ${project} && buildah ${storage} manifest rm ${list} >/dev/null 2>&1; ` +
        `buildah ${storage} build -q --layers --jobs 2 --platform ${platforms} --manifest ${list} . && ` +
        `buildah ${storage} manifest push -q --all --tls-verify=false ${list} docker://${name}`,
    )
  },
  clear: () => void spawnSync('rm', ['-rf', join(scratch, 'buildah'), join(scratch, 'buildah-run')]),
}

/** @type {Builder} */
const buildx = {
  name: 'docker buildx',
  build: (project, name) =>
    sh(`docker buildx build -q --provenance=false --platform ${platforms} --push -t ${name} ${project}`),
  clear: () => void spawnSync('docker', ['builder', 'prune', '-af'], { env }),
}

/** @param {string} script @returns {readonly [string, ...string[]]} */
function sh(script) {
  return ['sh', '-c', script]
}

const registry = await serveRegistry()
try {
  const many = project('many', { packages: 1000, files: 100, bytes: 600 })
  await reportDigests(many)
  const rows = lookUpRows(many)
  rmSync(many, { recursive: true })
  const big = project('big', { packages: 520, files: 50, bytes: 6450 })
  requireOnePart(big)
  const peers = [
    ...(works('buildah --version') ? [buildah] : []),
    ...(works('docker version && docker buildx version') ? [buildx] : []),
  ]
  rows.push(...buildRows(big, [catamaran, ...peers]))
  printTable(rows)
  console.log(`\n${rounds} rounds in turn, ${platforms}; wall: median, CPU: least; × against catamaran`)
  if (peers.includes(buildx)) console.log('docker works in its daemon: its CPU is not in the table')
} finally {
  registry.stop()
  rmSync(scratch, { recursive: true, force: true })
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

/** @param {string} folder */
function lookUpRows(folder) {
  const name = `${registry.host}/many/app:v1`
  time(catamaran.build(folder, name), { env })
  // files that were just written are read once more: their times cannot be trusted yet
  time(catamaran.build(folder, name), { env })
  return compare(
    '100,000 files, unchanged',
    [{ name: 'catamaran', run: () => time(catamaran.build(folder, name), { env }) }],
    rounds,
  )
}

/** @param {string} folder */
function requireOnePart(folder) {
  const name = `${registry.host}/part/app:v1`
  time(catamaran.build(folder, name), { env })
  const before = parts()
  change(folder, 'node_modules/package-7/file-7.js')
  time(catamaran.build(folder, name), { env })
  const made = parts() - before
  console.log(`26,000 files in ${before} parts; one file changed: ${made} made`)
  assert.ok(made <= 2)
}

function parts() {
  const found = readdirSync(join(scratch, 'cache/catamaran/layers/parts'), { recursive: true, withFileTypes: true })
  return found.filter((entry) => entry.isFile()).length
}

/** @param {string} folder @param {readonly Builder[]} builders */
function buildRows(folder, builders) {
  /** @param {Builder} builder */
  const warm = (builder) => `${registry.host}/${builder.name.replaceAll(' ', '-')}/app:v1`
  /** @param {string} what @param {(builder: Builder) => string} prepare */
  const rowsOf = (what, prepare) =>
    compare(
      `26,000 files, ${what}`,
      builders.map((builder) => ({
        name: builder.name,
        run: () => {
          const name = prepare(builder)
          return time(builder.build(folder, name), { env })
        },
      })),
      rounds,
    )
  const rows = rowsOf('cold', (builder) => {
    builder.clear()
    return `${registry.host}/cold-${(counter += 1)}/app:v1`
  })
  for (const builder of builders) time(builder.build(folder, warm(builder)), { env })
  rows.push(...rowsOf('unchanged', warm))
  const changing = [
    ['small layer changed', 'src/file-3.js'],
    ['big layer changed', 'node_modules/package-77/file-3.js'],
  ]
  for (const [what = '', file = ''] of changing) {
    rows.push(
      ...rowsOf(what, (builder) => {
        change(folder, file)
        return warm(builder)
      }),
    )
  }
  return rows
}

/** @param {string} folder @param {string} file */
function change(folder, file) {
  appendFileSync(join(folder, file), `// ${(counter += 1)}\n`)
}

/** @param {string} name @param {{packages: number, files: number, bytes: number}} size */
function project(name, { packages, files, bytes }) {
  const folder = join(scratch, name)
  mkdirSync(join(folder, 'src'), { recursive: true })
  for (let index = 0; index < 100; index += 1) {
    writeFileSync(join(folder, `src/file-${index}.js`), `export default ${index}\n`)
  }
  for (let index = 0; index < packages; index += 1) {
    const own = join(folder, `node_modules/package-${index}`)
    mkdirSync(own, { recursive: true })
    for (let file = 0; file < files; file += 1) {
      writeFileSync(join(own, `file-${file}.js`), words(index * files + file, bytes))
    }
  }
  writeFileSync(
    join(folder, 'Dockerfile'),
    'FROM scratch\nWORKDIR /app\nCOPY node_modules node_modules\nCOPY src src\nCMD ["/app/run"]\n',
  )
  writeFileSync(join(folder, 'skaffold.yaml'), skaffold)
  return folder
}

/** Text of a length, the same for the same seed, that compresses about as code does. @param {number} seed @param {number} length */
function words(seed, length) {
  const random = randomNumbers(seed + 1)
  let text = `// ${seed}\n`
  while (text.length < length) text += blocks[random() % blocks.length]?.slice(0, random() % 4096)
  return text.slice(0, length)
}

function makeBlocks() {
  const random = randomNumbers(1)
  const list = 'const let function return import export default if else for while value index result error await'.split(
    ' ',
  )
  return Array.from({ length: 400 }, () => {
    let text = ''
    while (text.length < 4096) {
      text += `${list[random() % list.length]}${random() % 3 === 0 ? random().toString(36) : ''}${random() % 5 === 0 ? ';\n  ' : ' '}`
    }
    return text
  })
}

/** The same numbers for the same seed. @param {number} seed */
function randomNumbers(seed) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 8
  }
}

/** @returns {Promise<{readonly host: string, stop(): void}>} */
function serveRegistry() {
  const data = `--data=${join(scratch, 'registry')}`
  const child = spawn(process.execPath, [main, 'registry', 'serve', '--format=json', data], { env })
  return new Promise((resolve, reject) => {
    let said = ''
    child.stdout.on('data', (text) => {
      said += text
      const host = /"registry": "([^"]+)"/.exec(said)?.[1]
      if (host !== undefined) resolve({ host, stop: () => void child.kill('SIGINT') })
    })
    child.on('exit', () => reject(new Error('the registry did not start')))
  })
}

/** @param {string} script */
function works(script) {
  return spawnSync('sh', ['-c', script], { env }).status === 0
}
