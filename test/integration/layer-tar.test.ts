import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf, mediaTypes, type Layer } from '../../src/image/index.ts'
import { createLayer, decodeName, decompress, readTar, unpackLayers, type LayerEntry } from '../../src/layer/index.ts'
import { aDirectory, aFile, aLink, gather, pieces } from '../support/layers.ts'

const isRoot = process.getuid?.() === 0
const hasZstd = spawnSync('zstd', ['--version']).status === 0 || process.env['CATAMARAN_REQUIRE_TOOLS'] === '1'
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'catamaran-tar-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** What an archive keeps of a folder: a line per file, from `find`, and one with the digest of its content. */
function listing(root: string): string[] {
  return [...findLines(root), ...contentLines(root)].sort()
}

/** By names that are bytes. */
function contentLines(root: string): string[] {
  const names = execFileSync('find', ['.', '-type', 'f', '-print0'], { cwd: root })
  return names
    .toString('latin1')
    .split('\0')
    .filter((name) => name !== '')
    .map((name) => {
      const path = Buffer.concat([Buffer.from(`${root}/`), Buffer.from(name, 'latin1')])
      return `${name} ${digestOf(readFileSync(path))}`
    })
}

function findLines(root: string): string[] {
  const output = execFileSync('find', ['.', '-mindepth', '1', '-printf', '%p %y %m %T@ %s %l %U:%G\n'], {
    cwd: root,
    encoding: 'latin1',
  })
  return output
    .replaceAll(/(\S+ d \S+ \S+) \d+/g, '$1')
    .split('\n')
    .sort()
}

function fresh(name: string): string {
  const path = join(folder, name)
  mkdirSync(path)
  return path
}

const owner = isRoot ? { uid: 1234, gid: 2345 } : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
const entries: readonly LayerEntry[] = [
  aDirectory('d', { ...owner, mode: 0o751, mtimeSeconds: 1000 }),
  aFile('d/text', 'some text', { ...owner, mode: 0o640, mtimeSeconds: 2000 }),
  aFile('d/program', 'x'.repeat(100_000), { ...owner, mode: 0o4755, mtimeSeconds: 3000 }),
  { ...aLink('d/link', 'text'), ...owner, mtimeSeconds: 4000 },
  { ...aLink('d/to-text', 'd/text', 'hardlink'), ...owner },
  aDirectory('long', { ...owner, mtimeSeconds: 5000 }),
  aDirectory(`long/${'n'.repeat(120)}`, { ...owner, mtimeSeconds: 5000 }),
  aFile(`long/${'n'.repeat(120)}/${'m'.repeat(200)}`, 'long name', { ...owner, mtimeSeconds: 6000 }),
  { ...aLink('long/link', 't'.repeat(300)), ...owner, mtimeSeconds: 6000 },
  aFile('grüße 🚢', 'not ASCII', { ...owner, mtimeSeconds: 7000 }),
  aFile(decodeName(Buffer.from('latin-\xfc', 'latin1')), 'not UTF-8', { ...owner, mtimeSeconds: 8000 }),
  aFile('empty', '', { ...owner, mtimeSeconds: 5_000_000_000 }),
]

describe('a layer that catamaran writes', () => {
  test('gives with tar the files that it gives with catamaran', async () => {
    const layer = await createLayer(entries)
    const archive = join(folder, 'layer.tar.gz')
    writeFileSync(archive, await gather(layer.open()))
    const [byTar, bySelf] = [fresh('by-tar'), fresh('by-self')]
    execFileSync('tar', ['--numeric-owner', '-xpzf', archive, '-C', byTar])
    await unpackLayers([layer], bySelf)
    expect(listing(bySelf)).toEqual(listing(byTar))
    expect(listing(byTar).join('\n')).toContain('4755')
  })

  test('is a gzip file to gzip, however many blocks it has', async () => {
    const big = Buffer.alloc(5_000_000)
    for (let at = 0; at < big.length; at += 1) big[at] = (at * 2654435761) >>> 11
    const layer = await createLayer([aFile('big', big)])
    const tar = spawnSync('gzip', ['-dc'], { input: await gather(layer.open()), maxBuffer: 1e8 })
    expect(tar.stderr.toString()).toBe('')
    expect(digestOf(tar.stdout)).toBe(layer.diffId)
  })
})

describe('an archive that tar writes', () => {
  let source = ''

  beforeAll(async () => {
    source = fresh('source')
    await unpackLayers([await createLayer(entries)], source)
  })

  test.each<[string, string[]]>([
    ['gnu', ['--format=gnu']],
    ['posix', ['--format=posix']],
    ['ustar, without what it cannot hold', ['--format=ustar', '--exclude=long', '--exclude=empty']],
    ['v7, without what it cannot hold', ['--format=v7', '--exclude=long', '--exclude=empty']],
    ['oldgnu', ['--format=oldgnu']],
    ['posix with a header for all', ['--format=posix', '--pax-option=globexthdr.name=g,comment=hello']],
  ])('in its form %s is unpacked to the same files', async (form, options) => {
    const archive = execFileSync('tar', ['--numeric-owner', ...options, '-C', source, '-cf', '-', '.'], {
      maxBuffer: 1e8,
    })
    const [byTar, bySelf] = [fresh(`tar ${form}`), fresh(`self ${form}`)]
    execFileSync('tar', ['--numeric-owner', '-xpf', '-', '-C', byTar], { input: archive })
    await unpackLayers([plainLayer(archive)], bySelf)
    expect(listing(bySelf)).toEqual(listing(byTar))
  })

  test('with a sparse file is refused', async () => {
    const sparse = fresh('sparse')
    writeFileSync(join(sparse, 'file'), '')
    truncateSync(join(sparse, 'file'), 10_000_000)
    const archive = execFileSync('tar', ['--sparse', '-C', sparse, '-cf', '-', '.'], { maxBuffer: 1e8 })
    await expect(unpackLayers([plainLayer(archive)], fresh('refused'))).rejects.toMatchObject({
      code: 'LAYER_UNSUPPORTED',
    })
  })
})

describe.runIf(hasZstd)('data that zstd compresses', () => {
  test.each([['-1'], ['-3'], ['-19'], ['--ultra', '-22', '--long=27'], ['--no-check', '-5']])(
    'with %s is read',
    async (...options) => {
      const text = Buffer.from(Array.from({ length: 40_000 }, (_, at) => `${at * 7919}\n`).join(''))
      const packed = spawnSync('zstd', ['-q', '-c', ...options], { input: text, maxBuffer: 1e8 }).stdout
      const chunks = Array.from({ length: Math.ceil(packed.length / 50_000) }, (_, at) =>
        packed.subarray(at * 50_000, (at + 1) * 50_000),
      )
      expect(digestOf(await gather(decompress(pieces(...chunks))))).toBe(digestOf(text))
    },
  )

  test('is a layer', async () => {
    const layer = await createLayer(entries, { mediaType: mediaTypes.oci.layer })
    const packed = spawnSync('zstd', ['-q', '-c'], { input: await gather(layer.open()), maxBuffer: 1e8 }).stdout
    const paths: string[] = []
    for await (const entry of readTar(decompress(pieces(packed), mediaTypes.oci.layerZstd))) paths.push(entry.path)
    expect(paths).toHaveLength(entries.length)
  })
})

function plainLayer(bytes: Buffer): Layer {
  const digest = digestOf(bytes)
  const open = (): AsyncIterable<Uint8Array> => pieces(bytes)
  return { descriptor: { mediaType: mediaTypes.oci.layer, digest, size: bytes.length }, diffId: digest, open }
}
