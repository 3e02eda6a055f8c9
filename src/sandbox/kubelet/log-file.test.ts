import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pieces } from '../../../test/support/layers.ts'
import type { LogQuery } from '../contract.ts'
import { createContainerLog, type ContainerLog } from './log-file.ts'

let folder: string
let log: ContainerLog
let now: number

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catamaran-log-'))
  now = Date.parse('2026-01-02T03:04:05.000Z')
  log = createContainerLog(join(folder, 'log'), () => new Date(now))
})

afterEach(() => {
  log.end()
  rmSync(folder, { recursive: true })
})

async function read(query: Partial<LogQuery> = {}): Promise<string> {
  let text = ''
  const signal = new AbortController().signal
  const parts = log.read({ follow: false, previous: false, timestamps: false, signal, ...query })
  for await (const piece of parts) text += piece
  return text
}

describe('what a program writes', () => {
  test.each<[string, readonly string[], string]>([
    ['in lines', ['one\ntwo\n'], 'one\ntwo\n'],
    ['without an end', ['one\ntwo'], 'one\ntwo'],
    ['in pieces', ['o', 'ne\nt', 'wo\n'], 'one\ntwo\n'],
    ['with empty lines', ['\n\n'], '\n\n'],
    ['nothing', [], ''],
  ])('%s', async (_, chunks, expected) => {
    await log.capture(pieces(...chunks.map((chunk) => Buffer.from(chunk))))
    expect(await read()).toBe(expected)
  })

  test('with a letter split between pieces', async () => {
    const bytes = Buffer.from('ä\n')
    await log.capture(pieces(bytes.subarray(0, 1), bytes.subarray(1)))
    expect(await read()).toBe('ä\n')
  })
})

describe('a log', () => {
  beforeEach(() => {
    for (const line of ['one', 'two', 'three']) {
      log.note(line)
      now += 10_000
    }
  })

  test.each<[string, Partial<LogQuery>, string]>([
    ['as a whole', {}, 'one\ntwo\nthree\n'],
    ['its end', { tailLines: 2 }, 'two\nthree\n'],
    ['nothing of it', { tailLines: 0 }, ''],
    ['more than there is', { tailLines: 9 }, 'one\ntwo\nthree\n'],
    ['since some seconds', { sinceSeconds: 15 }, 'three\n'],
    ['since a time', { sinceTime: new Date('2026-01-02T03:04:15Z') }, 'two\nthree\n'],
    ['with times', { tailLines: 1, timestamps: true }, '2026-01-02T03:04:25.000000000Z three\n'],
  ])('%s', async (_, query, expected) => {
    expect(await read(query)).toBe(expected)
  })

  test('that is followed goes on until its end', async () => {
    const following = read({ follow: true, tailLines: 1 })
    await new Promise((resolve) => setTimeout(resolve, 20))
    log.note('four')
    log.end()
    expect(await following).toBe('three\nfour\n')
  })

  test('that is followed can be left', async () => {
    const leaving = new AbortController()
    const following = read({ follow: true, signal: leaving.signal })
    await new Promise((resolve) => setTimeout(resolve, 20))
    leaving.abort()
    expect(await following).toBe('one\ntwo\nthree\n')
  })

  test('gives its last bytes', async () => {
    expect(await log.tail(8)).toBe('o\nthree\n')
  })
})
