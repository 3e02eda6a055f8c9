import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLayer, readLayerTree, unpackLayers } from '../../src/layer/index.ts'
import { openLayout } from '../../src/layout/index.ts'
import { aFile, gather } from '../support/layers.ts'

const canMount = process.platform === 'linux' && process.getuid?.() === 0
const content = randomBytes(3_000_000)

function system(program: string, ...args: readonly string[]): void {
  execFileSync(program, args)
}

describe.runIf(canMount)('on a disk that is full (needs root)', () => {
  let folder = ''
  let small = ''

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'catamaran-full-'))
    small = join(folder, 'small')
    mkdirSync(small)
    system('mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small)
  })

  afterEach(() => {
    system('umount', small)
    rmSync(folder, { recursive: true, force: true })
  })

  test('a layer that is made says so, and leaves nothing behind', async () => {
    const making = createLayer([aFile('a', content)], { workFolder: small, maxMemoryBytes: 1000 })
    await expect(making).rejects.toMatchObject({ code: 'DISK_FULL' })
    expect(readdirSync(small)).toEqual([])
  })

  test('a layer that is unpacked says so', async () => {
    const layer = await createLayer([aFile('a', content)])
    await expect(unpackLayers([layer], join(small, 'root'))).rejects.toMatchObject({ code: 'DISK_FULL' })
  })

  test('a file of an image that is opened says so, and leaves nothing behind', async () => {
    const tree = await readLayerTree([await createLayer([aFile('a', content)])], { workFolder: small })
    await expect(gather(tree.open('a'))).rejects.toMatchObject({ code: 'DISK_FULL' })
    expect(readdirSync(small)).toEqual([])
  })

  test('a blob of a layout says so, and leaves nothing behind', async () => {
    const layout = await openLayout(join(small, 'layout'), { create: true })
    await expect(layout.putBlob(await createLayer([aFile('a', content)]))).rejects.toMatchObject({ code: 'DISK_FULL' })
    expect(readdirSync(join(small, 'layout')).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
  })
})
