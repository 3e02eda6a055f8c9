import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { listContext, openFileDigests, type FileDigests } from './index.ts'

let root = ''
let folder = ''

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'catamaran-digests-'))
  folder = join(root, 'project')
  mkdirSync(folder)
})

afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

/** Long after everything was written. */
const later = (): number => Date.now() + 60_000

function open(now: () => number = later): FileDigests {
  return openFileDigests({ cacheFolder: join(root, 'cache'), now })
}

async function digestAll(digests: FileDigests): Promise<Record<string, string>> {
  const files = await listContext(folder)
  const pairs = files.map(async (file) => [file.path, (await digests.in(folder).of(file)).digest] as const)
  return Object.fromEntries(await Promise.all(pairs))
}

function sha256(bytes: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

describe('digests of files', () => {
  test.each([0, 1, 4096, 128 * 1024, 128 * 1024 + 1, 3_000_000, 17 * 1024 * 1024])('of %i bytes', async (size) => {
    const bytes = Buffer.alloc(size, 'content ')
    writeFileSync(join(folder, 'a'), bytes)
    expect(await digestAll(open())).toEqual({ a: sha256(bytes) })
  })

  test('are read once by two builds at once, and not again by the next process', async () => {
    for (let index = 0; index < 50; index += 1) writeFileSync(join(folder, `file-${index}`), `text ${index}`)
    const first = open()
    const [one, two] = await Promise.all([digestAll(first), digestAll(first)])
    expect(first.reads).toBe(50)
    expect(two).toEqual(one)
    await first.save()
    const second = open()
    expect(await digestAll(second)).toEqual(one)
    expect(second.reads).toBe(0)
  })

  test.each<[string, () => void]>([
    ['grown', () => appendFileSync(join(folder, 'a'), '!')],
    ['written again with the same size', () => writeFileSync(join(folder, 'a'), 'onf')],
    [
      'written again with the same size and an old time set by hand',
      () => {
        writeFileSync(join(folder, 'a'), 'onf')
        utimesSync(join(folder, 'a'), 5, 5)
      },
    ],
    [
      'replaced by another of the same size and time',
      () => {
        writeFileSync(join(folder, 'new'), 'onf')
        utimesSync(join(folder, 'new'), 5, 5)
        renameSync(join(folder, 'new'), join(folder, 'a'))
      },
    ],
  ])('of a file that was %s are read again, and no other', async (_, change) => {
    writeFileSync(join(folder, 'a'), 'one')
    writeFileSync(join(folder, 'b'), 'two')
    utimesSync(join(folder, 'a'), 5, 5)
    const first = open()
    const before = await digestAll(first)
    await first.save()
    // the grain of the clock that files get their times from
    await setTimeout(20)
    change()
    const second = open()
    const after = await digestAll(second)
    expect(second.reads).toBe(1)
    expect(after['a']).not.toBe(before['a'])
    expect(after['b']).toBe(before['b'])
  })

  test('of a file that was written just now are not trusted', async () => {
    writeFileSync(join(folder, 'a'), 'one')
    const first = open(Date.now)
    await digestAll(first)
    await digestAll(first)
    expect(first.reads).toBe(2)
  })

  test('lend the bytes of a small file once, to whoever asks for the right ones', async () => {
    writeFileSync(join(folder, 'a'), 'one')
    const digests = open()
    await digestAll(digests)
    const inFolder = digests.in(folder)
    expect(Buffer.from(inFolder.takeBytes('a', sha256('one')) ?? []).toString()).toBe('one')
    expect(inFolder.takeBytes('a', sha256('one'))).toBeUndefined()
    appendFileSync(join(folder, 'a'), '!')
    await digestAll(digests)
    expect(inFolder.takeBytes('a', sha256('one'))).toBeUndefined()
  })

  test('of a file that is not as long as it was are refused', async () => {
    writeFileSync(join(folder, 'a'), 'one')
    const [file] = await listContext(folder)
    if (file === undefined) throw new Error('there is no file')
    appendFileSync(file.absolutePath, 'more')
    await expect(open().in(folder).of(file)).rejects.toMatchObject({ code: 'FILE_CHANGED' })
    rmSync(file.absolutePath)
    await expect(open().in(folder).of(file)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })
})
