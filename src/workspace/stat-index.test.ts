import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openStatIndex, type FileStamp, type KnownFile } from './index.ts'

let cacheFolder = ''

beforeEach(() => {
  cacheFolder = mkdtempSync(join(tmpdir(), 'catamaran-index-'))
})

afterEach(() => {
  rmSync(cacheFolder, { recursive: true, force: true })
})

const written: FileStamp = { sizeBytes: 5, mtimeMs: 1000.25, ctimeMs: 2000.5, inode: 7 }
const later = 1_000_000

function known(text: string): KnownFile {
  return { digest: `sha256:${Buffer.from(text).toString('hex').padEnd(64, '0')}`, head: Buffer.from(text) }
}

function open(): ReturnType<typeof openStatIndex> {
  return openStatIndex('/project', cacheFolder)
}

describe('an index of files', () => {
  test('knows a file in the next process, with the whole head of a program', async () => {
    const first = open()
    const program = { ...known('program'), head: Buffer.alloc(4096, 'elf') }
    first.set('bin/app', written, { ...program, readAtMs: later })
    first.set('a', written, { ...known('a'), readAtMs: later })
    await first.save()
    const second = open()
    expect(second.get('bin/app', written)?.digest).toBe(program.digest)
    expect(Buffer.from(second.get('bin/app', written)?.head ?? [])).toEqual(program.head)
    expect(second.get('a', written)).toMatchObject(known('a'))
  })

  test.each<[string, Partial<FileStamp>]>([
    ['size', { sizeBytes: 6 }],
    ['time of change', { mtimeMs: 1000.5 }],
    ['time of any change', { ctimeMs: 2000.75 }],
    ['inode', { inode: 8 }],
  ])('does not know a file with another %s', async (_, change) => {
    const first = open()
    first.set('a', written, { ...known('a'), readAtMs: later })
    await first.save()
    expect(first.get('a', { ...written, ...change })).toBeUndefined()
    expect(open().get('a', { ...written, ...change })).toBeUndefined()
    expect(open().get('b', written)).toBeUndefined()
  })

  test.each([
    ['fine times, just written', written, 2000.5 + 50, false],
    ['fine times, written some time ago', written, 2000.5 + 150, true],
    ['times in seconds, just written', { ...written, mtimeMs: 1000, ctimeMs: 2000 }, 3500, false],
    ['times in seconds, written some time ago', { ...written, mtimeMs: 1000, ctimeMs: 2000 }, 4500, true],
    ['an old time set by hand after a change', { ...written, ctimeMs: 9000.5 }, 9000, false],
    ['a time in the future', { ...written, mtimeMs: 99_000.5 }, 9000, false],
  ])('of a file with %s', (_, stamp, readAtMs, isKept) => {
    const index = open()
    index.set('a', stamp, { ...known('a'), readAtMs })
    expect(index.get('a', stamp) !== undefined).toBe(isKept)
  })

  test('forgets what it knew of a file that was written just now', async () => {
    const index = open()
    index.set('a', written, { ...known('a'), readAtMs: later })
    await index.save()
    index.set('a', { ...written, ctimeMs: later }, { ...known('b'), readAtMs: later })
    expect(index.get('a', { ...written, ctimeMs: later })).toBeUndefined()
  })

  test('keeps the others when one is new, and drops those nobody asked for in a while', async () => {
    const first = open()
    first.set('used', written, { ...known('used'), readAtMs: later })
    first.set('gone', written, { ...known('gone'), readAtMs: later })
    await first.save()
    for (let run = 0; run < 10; run += 1) {
      const index = open()
      expect(index.get('used', written)).toMatchObject(known('used'))
      index.set(`new-${run}`, written, { ...known('new'), readAtMs: later })
      await index.save()
    }
    const last = open()
    expect(last.get('used', written)).toMatchObject(known('used'))
    expect(last.get('gone', written)).toBeUndefined()
    expect(last.get('new-9', written)).toMatchObject(known('new'))
  })

  test('writes nothing when nothing is new, and leaves no other file', async () => {
    const index = open()
    await index.save()
    expect(readdirSync(cacheFolder)).toEqual([])
    index.set('a', written, { ...known('a'), readAtMs: later })
    await index.save()
    expect(readdirSync(cacheFolder)).toHaveLength(1)
  })

  test('is empty when its file is damaged at any place', async () => {
    const first = open()
    for (const name of ['a', 'b/c', 'ü']) first.set(name, written, { ...known(name), readAtMs: later })
    await first.save()
    const file = join(cacheFolder, readdirSync(cacheFolder).find((name) => name.endsWith('.0')) ?? '')
    const good = readFileSync(file)
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, change, isCut) => {
        const bad = isCut ? good.subarray(0, at) : Buffer.from(good)
        if (!isCut) bad[at] = (bad[at] ?? 0) ^ change
        writeFileSync(file, bad)
        const index = open()
        expect([index.get('a', written), index.get('ü', written)]).toEqual([undefined, undefined])
      }),
      { numRuns: 300 },
    )
    writeFileSync(file, good)
    expect(open().get('ü', written)).toMatchObject(known('ü'))
  })

  test('is read and written as far as somebody asks', async () => {
    const first = open()
    for (const name of ['a/1', 'b/1']) first.set(name, written, { ...known(name), readAtMs: later })
    await first.save()
    const files = readdirSync(cacheFolder).map((name) => join(cacheFolder, name))
    expect(files).toHaveLength(2)
    const second = open()
    second.set('a/2', written, { ...known('a/2'), readAtMs: later })
    for (const file of files) writeFileSync(file, '')
    await second.save()
    expect(files.filter((file) => readFileSync(file).length > 0)).toHaveLength(1)
    expect(['a/2', 'b/1'].map((name) => open().get(name, written)?.digest)).toEqual([known('a/2').digest, undefined])
  })

  test('that cannot be written says so', async () => {
    writeFileSync(join(cacheFolder, 'file'), '')
    const index = openStatIndex('/project', join(cacheFolder, 'file'))
    index.set('a', written, { ...known('a'), readAtMs: later })
    await expect(index.save()).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' })
    expect(index.get('a', written)).toMatchObject(known('a'))
  })
})
