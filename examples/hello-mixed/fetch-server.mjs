// @ts-check
// Fetches the example's web server, one static binary per platform, as pinned in servers.json: npm refuses packages of
// another platform as dependencies, so the tarballs are fetched with `npm pack`. Needs no network once they are here.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

const here = fileURLToPath(new URL('.', import.meta.url))
/** @type {Record<string, {package: string, integrity: string, entry: string}>} */
const servers = JSON.parse(readFileSync(join(here, 'servers.json'), 'utf8'))

for (const [platform, server] of Object.entries(servers)) {
  const target = join(here, 'bin', `server-${platform}`)
  const stamp = `${target}.integrity`
  if (existsSync(target) && existsSync(stamp) && readFileSync(stamp, 'utf8') === server.integrity) continue
  const binary = entryOf(gunzipSync(fetchTarball(server)), server.entry)
  mkdirSync(join(here, 'bin'), { recursive: true })
  writeFileSync(`${target}.partial`, binary)
  chmodSync(`${target}.partial`, 0o755)
  renameSync(`${target}.partial`, target)
  writeFileSync(stamp, server.integrity)
  console.log(`fetched ${server.package} as ${target}`)
}

/** @param {{package: string, integrity: string}} server */
function fetchTarball(server) {
  const folder = mkdtempSync(join(tmpdir(), 'hello-mixed-'))
  try {
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
    const args = ['pack', server.package, '--pack-destination', folder, '--ignore-scripts', '--dry-run=false', '--silent']
    const packed = spawnSync(npm, args, { encoding: 'utf8', shell: process.platform === 'win32' })
    const [name] = readdirSync(folder)
    if (packed.status !== 0 || name === undefined) {
      throw new Error(`npm pack ${server.package} failed: ${packed.stderr}\nfix: check that the npm registry can be reached`)
    }
    const tarball = readFileSync(join(folder, name))
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`
    if (integrity !== server.integrity) throw new Error(`${server.package} has integrity ${integrity}, servers.json pins ${server.integrity}`)
    return tarball
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** One file of an uncompressed ustar archive. @param {Buffer} tar @param {string} name */
function entryOf(tar, name) {
  for (let offset = 0; offset + 512 <= tar.length; ) {
    const entry = tar.toString('utf8', offset, offset + 100).replace(/\0.*$/s, '')
    const size = Number.parseInt(tar.toString('latin1', offset + 124, offset + 136), 8) || 0
    if (entry === name) return tar.subarray(offset + 512, offset + 512 + size)
    offset += 512 + Math.ceil(size / 512) * 512
  }
  throw new Error(`no ${name} in the package`)
}
