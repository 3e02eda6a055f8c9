// @ts-check
// npm run bench:build [rounds]: building and pushing one image for two platforms, against the builders that are here
// (buildah, docker buildx). The images are compared file by file first: times of unequal work are not printed.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { imagesOf } from './image-tree.mjs'
import { compare, printTable, time } from './measure.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const main = join(root, 'dist/cli/main.js')
const rounds = Number(process.argv[2] ?? 3)
const platforms = 'linux/amd64,linux/arm64'
const scratch = mkdtempSync(join(tmpdir(), 'catamaran-bench-'))
const path = [process.env['CATAMARAN_TEST_TOOLS'], process.env['PATH']].filter(Boolean).join(delimiter)
const env = { ...process.env, PATH: path, XDG_CACHE_HOME: join(scratch, 'cache') }
/** What `catamaran build` reads; the other builders read the Dockerfile alone. */
const skaffold = `apiVersion: skaffold/v4beta13
kind: Config
build:
  artifacts:
    - image: app
`
let counter = 0
const fresh = () => `run${(counter += 1)}`

const catamaran = {
  name: 'catamaran',
  /** @param {string} project @param {string} name */
  build: (project, name) => {
    const [, repo = '', tag = ''] = /^(.*)\/app:(.*)$/.exec(name) ?? []
    return sh(
      `cd ${project} && exec ${process.execPath} ${main} build -t ${tag} --default-repo=${repo} --platform=${platforms}`,
    )
  },
}

const buildah = {
  name: 'buildah',
  /** @param {string} project @param {string} name */
  build: (project, name) => {
    const storage = `--root ${join(scratch, 'buildah')} --runroot ${join(scratch, 'buildah-run')} --storage-driver vfs`
    const list = `list-${name.replaceAll(/\W/g, '-')}`
    return sh(
      `cd ${project} && buildah ${storage} manifest rm ${list} >/dev/null 2>&1; ` +
        `buildah ${storage} build -q --layers --jobs 2 --platform ${platforms} --manifest ${list} . && ` +
        `buildah ${storage} manifest push -q --all --tls-verify=false ${list} docker://${name}`,
    )
  },
}

const buildx = {
  name: 'docker buildx',
  /** @param {string} project @param {string} name */
  build: (project, name) =>
    sh(`docker buildx build -q --provenance=false --platform ${platforms} --push -t ${name} ${project}`),
}

/** @param {string} script @returns {readonly [string, ...string[]]} */
function sh(script) {
  return ['sh', '-c', script]
}

const projects = { 'hello-mixed': helloMixed(), '2,000 files': manyFiles() }
const registry = await serveRegistry()
try {
  const peers = [
    ...(works('buildah --version') ? [buildah] : []),
    ...(works('docker version && docker buildx version') ? [buildx] : []),
  ]
  if (peers.length === 0) console.log('no buildah and no docker here: catamaran alone')
  const rows = []
  for (const [what, project] of Object.entries(projects)) {
    await requireEqualImages(project, peers)
    const builders = [catamaran, ...peers]
    rows.push(
      ...compare(
        `${what}, cold`,
        builders.map((builder) => contender(builder, project, () => cold(builder))),
        rounds,
      ),
    )
    rows.push(
      ...compare(
        `${what}, unchanged`,
        builders.map((builder) => contender(builder, project, () => `${builder.name.replace(/ .*/, '')}-warm`)),
        rounds,
      ),
    )
  }
  printTable(rows)
  console.log(
    `\n${rounds} rounds in turn, ${platforms}, images compared and equal; wall: median, CPU: least; × against catamaran`,
  )
  if (peers.includes(buildx)) console.log('docker works in its daemon: its CPU is not in the table')
} finally {
  registry.stop()
  rmSync(scratch, { recursive: true, force: true })
}

/** @typedef {{readonly name: string, readonly build: (project: string, name: string) => readonly [string, ...string[]]}} Builder */

/** @param {Builder} builder @param {string} project @param {() => string} repository */
function contender(builder, project, repository) {
  // once before the clock starts, so that "unchanged" is unchanged
  const warm = repository()
  if (warm.endsWith('-warm')) time(builder.build(project, `${registry.host}/${warm}/app:v1`), { env })
  return {
    name: builder.name,
    run: () => time(builder.build(project, `${registry.host}/${repository()}/app:v1`), { env }),
  }
}

/** A repository nobody pushed to; caches are emptied. @param {{name: string}} builder */
function cold(builder) {
  if (builder === catamaran) rmSync(join(scratch, 'cache'), { recursive: true, force: true })
  if (builder.name === 'buildah') spawnSync('rm', ['-rf', join(scratch, 'buildah'), join(scratch, 'buildah-run')])
  if (builder.name === 'docker buildx') spawnSync('docker', ['builder', 'prune', '-af'], { env })
  return fresh()
}

/** @param {string} project @param {readonly Builder[]} peers */
async function requireEqualImages(project, peers) {
  const name = (/** @type {Builder} */ builder) =>
    `${registry.host}/equal-${builder.name.replace(/ .*/, '')}${fresh()}/app:v1`
  const own = name(catamaran)
  time(catamaran.build(project, own), { env })
  const ours = await imagesOf(own)
  assert.equal(Object.keys(ours).sort().join(), platforms)
  for (const peer of peers) {
    const image = name(peer)
    time(peer.build(project, image), { env })
    assert.deepEqual(await imagesOf(image), ours, `${peer.name} builds another image`)
  }
}

function helloMixed() {
  const project = join(scratch, 'hello-mixed')
  cpSync(join(root, 'examples/hello-mixed'), project, { recursive: true })
  writeFileSync(join(project, 'skaffold.yaml'), skaffold)
  return project
}

/** Sources, texts and a few large files: about 40 MB. */
function manyFiles() {
  const project = join(scratch, 'many-files')
  for (let folder = 0; folder < 100; folder += 1) {
    mkdirSync(join(project, `src/folder-${folder}`), { recursive: true })
    for (let file = 0; file < 20; file += 1) {
      writeFileSync(join(project, `src/folder-${folder}/file-${file}.txt`), words(folder * 20 + file, 20_000))
    }
  }
  writeFileSync(
    join(project, 'Dockerfile'),
    'FROM scratch\nARG TARGETARCH\nENV ARCH=$TARGETARCH\nWORKDIR /app\nCOPY src /app/src\nCMD ["/app/run"]\n',
  )
  writeFileSync(join(project, 'skaffold.yaml'), skaffold)
  return project
}

/** Text of a length, the same for the same seed. @param {number} seed @param {number} length */
function words(seed, length) {
  let state = seed + 1
  let text = ''
  while (text.length < length) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    text += `${(state >>> 8).toString(36)}${state % 7 === 0 ? '\n' : ' '}`
  }
  return text
}

/** @returns {Promise<{readonly host: string, stop(): void}>} */
function serveRegistry() {
  const child = spawn(
    process.execPath,
    [main, 'registry', 'serve', '--format=json', `--data=${join(scratch, 'registry')}`],
    { env },
  )
  return new Promise((resolve, reject) => {
    let said = ''
    child.stdout.on('data', (data) => {
      said += data
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
