import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { digestOf, mediaTypes, type ImageConfig, type Layer } from '../../image/index.ts'
import type { LayerEntry } from '../../layer/index.ts'
import { aFile, aLink, aRawLayer, gather, pieces } from '../../../test/support/layers.ts'
import { tinyElf } from '../../../test/support/tiny-elf.ts'
import { checkEntrypoint, type EntrypointReport } from './check-entrypoint.ts'
import type { ReadPart } from './contract.ts'

/** What was fetched of the layers: all of it, or parts. */
interface Fetched {
  wholeLayers: number
  partBytes: number
}

const program = { mode: 0o755 } as const
const elf = (architecture: 'amd64' | 'arm64'): Buffer =>
  tinyElf({ architecture, message: 'hello', afterwards: 'sleep' })

/** A program for Windows, as far as its header goes. */
function pe(machine: number): Buffer {
  const bytes = Buffer.alloc(512)
  bytes.write('MZ')
  bytes.writeUInt32LE(0x80, 0x3c)
  bytes.write('PE\0\0', 0x80, 'latin1')
  bytes.writeUInt16LE(machine, 0x84)
  return bytes
}

interface Checked {
  readonly layers: readonly Layer[]
  readonly config?: ImageConfig['config']
  readonly os?: string
  readonly architecture?: string
}

async function check({
  layers,
  config,
  os = 'linux',
  architecture = 'arm64',
}: Checked): Promise<EntrypointReport & Fetched> {
  const fetched: Fetched = { wholeLayers: 0, partBytes: 0 }
  const content = new Map<string, Buffer>()
  for (const layer of layers) content.set(layer.descriptor.digest, await gather(layer.open()))
  const noted = layers.map((layer) => ({
    ...layer,
    open: () => {
      fetched.wholeLayers += 1
      return layer.open()
    },
  }))
  const readPart = ({ descriptor }: Layer): ReadPart => {
    return (start, end) => {
      const part = content.get(descriptor.digest)?.subarray(start, end + 1) ?? Buffer.alloc(0)
      fetched.partBytes += part.length
      return pieces(part)
    }
  }
  const rootfs = { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) } as const
  const image = { config: { os, architecture, rootfs, config: config ?? { Entrypoint: ['/app'] } }, layers: noted }
  const report = await checkEntrypoint(image, { platform: { os, architecture }, readPart })
  return { ...report, ...fetched }
}

function packed(bytes: Buffer, annotations: Readonly<Record<string, string>>, mediaType: string): Layer {
  const digest = digestOf(bytes)
  return {
    descriptor: { mediaType, digest, size: bytes.length, annotations },
    diffId: digest,
    open: () => pieces(bytes),
  }
}

/** Each file in a gzip member of its own, at the end the table and where it is. */
async function aStargzLayer(entries: readonly LayerEntry[]): Promise<Layer> {
  const parts: Buffer[] = []
  const table: object[] = []
  let offset = 0
  for (const entry of entries) {
    const body = entry.open === undefined ? Buffer.alloc(0) : await gather(entry.open())
    const part = gzipSync(body)
    const type = entry.kind === 'file' ? 'reg' : entry.kind
    const { path: name, linkTarget: linkName, mode } = entry
    table.push({ name, type, mode, size: body.length, linkName, offset })
    parts.push(part)
    offset += part.length
  }
  const json = Buffer.from(JSON.stringify({ version: 1, entries: table }))
  const tar = await gather((await aRawLayer([aFile('stargz.index.json', json)])).open())
  const place = Buffer.from(offset.toString(16).padStart(16, '0'))
  const footer = Buffer.concat([
    Buffer.alloc(12),
    Buffer.from('SG\x16\0', 'latin1'),
    place,
    Buffer.from('STARGZ'),
    Buffer.alloc(13),
  ])
  expect(footer).toHaveLength(51)
  return packed(
    Buffer.concat([...parts, gzipSync(tar), footer]),
    { 'containerd.io/snapshot/stargz/toc.digest': digestOf(json) },
    mediaTypes.oci.layerGzip,
  )
}

const large = (): LayerEntry => aFile('var/data', Buffer.alloc(3_000_000, Buffer.from('abcdefgh01234567'.repeat(61))))

test('a layer with a table of contents costs some kilobytes', async () => {
  const random = Buffer.from(Array.from({ length: 400_000 }, (_, at) => (at * at * 31 + (at >> 3)) % 251))
  const layer = await aStargzLayer([
    aFile('var/data', random),
    aFile('bin/app', elf('amd64'), program),
    aLink('app', 'bin/app'),
  ])
  const { findings, looked, wholeLayers, partBytes } = await check({ layers: [layer] })
  expect(looked).toEqual(['/bin/app'])
  expect(findings).toEqual(['/bin/app is compiled for amd64, and the image is for linux/arm64'])
  expect(wholeLayers).toBe(0)
  expect(partBytes).toBeLessThan(20_000)
})

test('what such a layer takes away is away', async () => {
  const below = await aRawLayer([aFile('app', elf('amd64'), program)])
  const above = await aStargzLayer([aFile('.wh.app'), large()])
  const { findings } = await check({ layers: [below, above] })
  expect(findings).toEqual(['the image starts /app, which is not in the image'])
})

test('a table that is not the one of the annotations is not believed', async () => {
  const honest = await aStargzLayer([aFile('app', elf('arm64'), program)])
  const bytes = await gather(honest.open())
  const lying = packed(
    bytes,
    { 'containerd.io/snapshot/stargz/toc.digest': digestOf(Buffer.from('other')) },
    mediaTypes.oci.layerGzip,
  )
  await expect(check({ layers: [lying] })).rejects.toMatchObject({ code: expect.stringMatching(/^LAYER_/) })
})

test('a zstd:chunked layer without its table is read from its start', async () => {
  const layer = await aRawLayer([aFile('app', elf('arm64'), program)])
  const annotations = {
    'io.github.containers.zstd-chunked.manifest-position': '10:20:30:1',
    'io.github.containers.zstd-chunked.manifest-checksum': digestOf(Buffer.from('table')),
  }
  const { findings, looked } = await check({ layers: [{ ...layer, descriptor: { ...layer.descriptor, annotations } }] })
  expect({ findings, looked }).toEqual({ findings: [], looked: ['/app'] })
})

test('a zstd:chunked layer is read by its table', async () => {
  const app = elf('amd64')
  // frames may be stored as they are: magic number, one raw block
  const frame = (bytes: Buffer): Buffer => {
    const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0, 0, 0, 0])
    head.writeUInt32LE(bytes.length, 5)
    const block = 1 | (0 << 1) | (bytes.length << 3)
    head.writeUIntLE(block, 9, 3)
    return Buffer.concat([head, bytes])
  }
  const [data, body] = [frame(Buffer.alloc(60_000, 7)), frame(app)]
  const table = frame(
    Buffer.from(
      JSON.stringify({ entries: [{ name: 'app', type: 'reg', mode: 0o755, size: app.length, offset: data.length }] }),
    ),
  )
  const annotations = {
    'io.github.containers.zstd-chunked.manifest-position': `${data.length + body.length}:${table.length}:1000:1`,
    'io.github.containers.zstd-chunked.manifest-checksum': digestOf(table),
  }
  const layer = packed(Buffer.concat([data, body, table]), annotations, 'application/vnd.oci.image.layer.v1.tar+zstd')
  const { findings, wholeLayers } = await check({ layers: [layer] })
  expect(findings).toEqual(['/app is compiled for amd64, and the image is for linux/arm64'])
  expect(wholeLayers).toBe(0)
})

test('scripts are followed to their interpreter', async () => {
  const layer = await aRawLayer([
    aFile('app', '#!/usr/bin/env -S tool --fast\n', program),
    aFile('usr/bin/env', elf('arm64'), program),
    aFile('usr/local/bin/tool', '#!/bin/sh\n', program),
    aLink('bin', 'usr/bin'),
    aFile('usr/bin/sh', elf('amd64'), program),
  ])
  const { findings, looked } = await check({ layers: [layer] })
  expect(looked).toEqual(['/app', '/usr/bin/env', '/usr/local/bin/tool', '/usr/bin/sh'])
  expect(findings).toEqual(['/usr/bin/sh is compiled for amd64, and the image is for linux/arm64'])
})

const arm64Machine = 0xaa64
const amd64Machine = 0x8664

test.each([
  ['an absolute path', { Entrypoint: ['C:\\App\\Server.exe'] }],
  ['a path without drive', { Entrypoint: ['\\app\\server.exe'] }],
  ['a name in the working folder', { Entrypoint: ['server'], WorkingDir: 'C:\\app' }],
  ['a name in the path', { Cmd: ['server.exe'], Env: ['Path=C:\\Windows;c:\\app'] }],
])('a program of Windows is found by %s', async (_, config) => {
  const system = await aRawLayer([aFile('Files/Windows/System32/cmd.exe', pe(amd64Machine))])
  const own = await aRawLayer([aFile('Files/App/server.exe', pe(amd64Machine))])
  const right = await check({ layers: [system, own], config, os: 'windows', architecture: 'amd64' })
  expect(right).toMatchObject({ looked: ['C:\\app\\server.exe'], findings: [] })
  const wrong = await check({ layers: [system, own], config, os: 'windows' })
  expect(wrong.findings).toEqual(['C:\\app\\server.exe is compiled for amd64, and the image is for windows/arm64'])
})

test('programs that come with Windows are not fetched', async () => {
  const layers = [await aRawLayer([large()]), await aRawLayer([aFile('Files/app/readme.txt')])]
  for (const Entrypoint of [['cmd', '/c', 'x'], ['C:\\Windows\\System32\\ping.exe'], ['dotnet', 'app.dll']]) {
    const report = await check({ layers, config: { Entrypoint }, os: 'windows' })
    expect(report).toMatchObject({ findings: [], skipped: expect.stringMatching(/Windows$/) })
    expect(report.partBytes).toBeLessThan(10_000)
  }
})

test('a program of another system is told', async () => {
  const layer = await aRawLayer([aFile('Files/app/server.exe', elf('arm64')), aFile('app', pe(arm64Machine), program)])
  const config = { Entrypoint: ['C:\\app\\server.exe'] }
  expect((await check({ layers: [layer], config, os: 'windows' })).findings).toEqual([
    'C:\\app\\server.exe is a program in the format elf, and the image is for windows/arm64',
  ])
  expect((await check({ layers: [layer] })).findings).toEqual([
    '/app is a program in the format pe, and the image is for linux/arm64',
  ])
})
