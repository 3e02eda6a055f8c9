import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStampNotes } from './stamp-notes.ts'

let folder = ''
const digestOf = (digit: string): string => digit.repeat(64)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catamaran-notes-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

test('what was noted is found by another process, the newest of many', async () => {
  const file = join(folder, 'notes')
  const notes = openStampNotes(file)
  for (let index = 0; index < 70; index += 1) notes.set(`stamp ${index}`, digestOf('a'))
  notes.set('stamp 0', digestOf('b'))
  await notes.save()
  const again = openStampNotes(file)
  expect(['stamp 0', 'stamp 69', 'stamp 1', 'never'].map((stamp) => again.get(stamp))).toEqual([
    digestOf('b'),
    digestOf('a'),
    undefined,
    undefined,
  ])
})

test('a file that is damaged or not there has no notes', () => {
  writeFileSync(join(folder, 'bad'), 'no note\n\u0000')
  expect(openStampNotes(join(folder, 'bad')).get('stamp')).toBeUndefined()
  expect(openStampNotes(undefined).get('stamp')).toBeUndefined()
})
