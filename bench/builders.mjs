// @ts-check
// The builders that are held beside each other, each with its own default compression, and the registry they push to.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
export const main = process.env['CATAMARAN_MAIN'] ?? join(root, 'dist/cli/main.js')
export const platforms = 'linux/amd64,linux/arm64'
export const scratch = mkdtempSync(join(tmpdir(), 'catamaran-bench-'))
const path = [process.env['CATAMARAN_TEST_TOOLS'], process.env['PATH']].filter(Boolean).join(delimiter)
/** @type {NodeJS.ProcessEnv} */
export const env = { ...process.env, PATH: path, XDG_CACHE_HOME: join(scratch, 'cache') }

/**
 * A folder with a Dockerfile and a skaffold.yaml, or one with a folder for each of several images.
 * @typedef {{folder: string, images: readonly string[]}} Project
 * @typedef {{name: string, compression: string, daemons: readonly string[], build: (project: Project, place: string, tag: string) => string, clear: () => void}} Builder
 */

/** @type {Builder} */
export const catamaran = {
  name: 'catamaran',
  compression: 'gzip 1',
  daemons: [],
  build: ({ folder }, place, tag) =>
    `cd ${folder} && exec ${process.execPath} ${main} build -t ${tag} --default-repo=${place} --platform=${platforms}`,
  clear: () => rmSync(join(scratch, 'cache'), { recursive: true, force: true }),
}

/** @type {Builder} */
const buildx = {
  name: 'docker buildx',
  compression: 'gzip -1 of Go, which is 6',
  daemons: ['dockerd', 'containerd'],
  build: ({ folder, images }, place, tag) => {
    if (images.length === 1) {
      const name = `${place}/${images[0]}:${tag}`
      return `docker buildx build -q --provenance=false --platform ${platforms} --push -t ${name} ${folder}`
    }
    const target = Object.fromEntries(
      images.map((image) => [
        image,
        {
          context: image,
          platforms: platforms.split(','),
          tags: [`${place}/${image}:${tag}`],
          attest: ['type=provenance,disabled=true'],
        },
      ]),
    )
    writeFileSync(join(folder, 'bake.json'), JSON.stringify({ group: { default: { targets: images } }, target }))
    return `cd ${folder} && docker buildx bake --provenance=false --push -f bake.json`
  },
  clear: () => void spawnSync('docker', ['builder', 'prune', '-af'], { env }),
}

const storage = `--root ${join(scratch, 'buildah')} --runroot ${join(scratch, 'buildah-run')} --storage-driver vfs`
/** @type {Builder} */
const buildah = {
  name: 'buildah',
  compression: 'gzip -1 of Go, which is 6',
  daemons: [],
  build: ({ folder, images }, place, tag) =>
    images
      .map((image) => {
        const list = `list-${image}-${tag}-${place.replaceAll(/\W/g, '-')}`
        const context = images.length === 1 ? folder : join(folder, image)
        return (
          `(buildah ${storage} manifest rm ${list} >/dev/null 2>&1; ` +
          `buildah ${storage} build -q --layers --jobs 2 --tls-verify=false --platform ${platforms} --manifest ${list} ${context} && ` +
          `buildah ${storage} manifest push -q --all --tls-verify=false ${list} docker://${place}/${image}:${tag})`
        )
      })
      .join(' && '),
  clear: () => void spawnSync('rm', ['-rf', join(scratch, 'buildah'), join(scratch, 'buildah-run')]),
}

/** Those that are here, ours first. @param {readonly string[]} without names to leave out @returns {readonly Builder[]} */
export function findBuilders(without = []) {
  const found = [
    catamaran,
    ...(works('docker version && docker buildx version') ? [buildx] : []),
    ...(works('buildah --version') ? [buildah] : []),
  ]
  return found.filter(({ name }) => !without.includes(name))
}

/** @param {string} script */
function works(script) {
  return spawnSync('sh', ['-c', script], { env }).status === 0
}

/** @returns {Promise<{readonly host: string, stop(): void}>} */
export function serveRegistry() {
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
