import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { followRegistry, openArtifactRecords, type ArtifactRecord } from './artifact-records.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catamaran-records-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function aRecord(key: string, digest = 'sha256:1'): ArtifactRecord {
  return { key, registry: 'registry.example.com', repository: 'app', digest }
}

const file = (): string => join(folder, 'cache', 'artifacts')

describe('records of artifacts', () => {
  test('are found by their key, the newest first', async () => {
    const records = openArtifactRecords(file())
    expect(await records.get('a')).toEqual([])
    await records.add([aRecord('a'), aRecord('b')])
    await openArtifactRecords(file()).add([aRecord('a', 'sha256:2')])
    expect(await records.get('a')).toEqual([aRecord('a', 'sha256:2'), aRecord('a')])
    expect(await records.get('ab')).toEqual([])
  })

  test('are not lost, however many add at once', async () => {
    const keys = Array.from({ length: 200 }, (_, index) => `key-${index}-`)
    await Promise.all(keys.map(async (key) => openArtifactRecords(file()).add([aRecord(key)])))
    for (const key of keys) expect(await openArtifactRecords(file()).get(key)).toEqual([aRecord(key)])
  })

  test.each([
    ['a line that was cut off', '\n{"key":"a","registry":"r","repo'],
    ['bytes that are no text', '\n\u0000\u0000\uFFFD'],
    ['another program’s YAML', 'a:\n  digest: sha256:1\n'],
    ['a record without a digest', '\n{"key":"a"}\n'],
  ])('survive %s', async (_, text) => {
    const records = openArtifactRecords(file())
    await records.add([aRecord('a')])
    appendFileSync(file(), text)
    await records.add([aRecord('b')])
    expect(await records.get('a')).toEqual([aRecord('a')])
    expect(await records.get('b')).toEqual([aRecord('b')])
  })

  test('stay few: the older half goes when there are too many, and those that come meanwhile do not', async () => {
    const records = openArtifactRecords(file())
    await records.add([aRecord('first')])
    const old = Array.from({ length: 9000 }, (_, index) => aRecord(`old-${index}-`, `sha256:${'0'.repeat(64)}`))
    appendFileSync(file(), old.map((record) => `${JSON.stringify(record)}\n`).join(''))
    const sizeBefore = statSync(file()).size
    const keys = Array.from({ length: 30 }, (_, index) => `new-${index}-`)
    await Promise.all(keys.map(async (key) => openArtifactRecords(file()).add([aRecord(key)])))
    expect(statSync(file()).size).toBeLessThan(sizeBefore)
    expect(await records.get('first')).toEqual([])
    for (const key of keys) expect(await records.get(key)).toContainEqual(aRecord(key))
    expect(readdirSync(join(folder, 'cache'))).toEqual(['artifacts'])
  })

  test('say when they cannot be written', async () => {
    writeFileSync(join(folder, 'cache'), '')
    const records = openArtifactRecords(file())
    await expect(records.add([aRecord('a')])).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' })
    expect(await records.get('a')).toEqual([])
    expect(readFileSync(join(folder, 'cache'), 'utf8')).toBe('')
  })
})

test('records of a registry that is somewhere else each time are found wherever it is', async () => {
  const records = openArtifactRecords(join(folder, 'moving'))
  const name = 'sandbox'
  const before = followRegistry(records, { address: '127.0.0.1:1111', name })
  await before.add([{ key: 'k', registry: '127.0.0.1:1111', repository: 'app', digest: 'sha256:1' }])
  const after = followRegistry(records, { address: '127.0.0.1:2222', name })
  expect(await after.get('k')).toEqual([
    { key: 'k', registry: '127.0.0.1:2222', repository: 'app', digest: 'sha256:1' },
  ])
  expect([await after.hasAny('127.0.0.1:2222'), await after.hasAny('127.0.0.1:1111')]).toEqual([true, false])
})
