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

function found(file: string, stamps: readonly string[]): readonly (string | undefined)[] {
  const notes = openStampNotes(file)
  return stamps.map((stamp) => notes.get(stamp))
}

test('what was noted is found by another process, the newest of a stamp, first or later', async () => {
  const file = join(folder, 'notes')
  const notes = openStampNotes(file)
  for (let index = 0; index < 200; index += 1) notes.set(`stamp ${index}`, digestOf('a'))
  notes.set('stamp 0', digestOf('b'))
  await notes.save()
  const [a, b] = [digestOf('a'), digestOf('b')]
  expect(found(file, ['stamp 0', 'stamp 1', 'stamp 199', 'never'])).toEqual([b, a, a, undefined])
  expect(found(file, ['never', 'stamp 0', 'stamp 199'])).toEqual([undefined, b, a])
})

test('what nobody asks for goes, the oldest first, and what somebody asked for stays', async () => {
  const file = join(folder, 'notes')
  const notes = openStampNotes(file)
  for (let index = 0; index < 16_390; index += 1) notes.set(`stamp ${index}`, digestOf('a'))
  await notes.save()
  const next = openStampNotes(file)
  next.get('stamp 3')
  next.set('new', digestOf('b'))
  await next.save()
  const [a, b] = [digestOf('a'), digestOf('b')]
  const stamps = ['stamp 0', 'stamp 3', 'stamp 5', 'stamp 6', 'stamp 16389', 'new']
  expect(found(file, stamps)).toEqual([undefined, a, undefined, a, a, b])
})

test('a file that is damaged or not there has no notes', () => {
  writeFileSync(join(folder, 'bad'), 'no note\n\u0000')
  expect(openStampNotes(join(folder, 'bad')).get('stamp')).toBeUndefined()
  expect(openStampNotes(undefined).get('stamp')).toBeUndefined()
})
