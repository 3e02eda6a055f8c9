import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { writeWhole } from './write-whole.ts'

/** Remembers digests of many files under a stamp of them all. */
export interface StampNotes {
  get(stamp: string): string | undefined
  set(stamp: string, digest: string): void
  /** @throws DISK_FULL, FILE_UNWRITABLE */
  save(): Promise<void>
}

/** Those of the last builds of one folder. */
const maxNotes = 64
const line = /^[0-9a-f]{64} [0-9a-f]{64}$/

/** Kept in a file, the newest last; without one they live as long as the process. */
export function openStampNotes(file: string | undefined): StampNotes {
  let notes: Map<string, string> | undefined
  let isNew = false
  const read = (): Map<string, string> => (notes ??= parse(file === undefined ? '' : readOptional(file)))
  return {
    get: (stamp) => read().get(hash('sha256', stamp, 'hex')),
    set(stamp, digest) {
      const key = hash('sha256', stamp, 'hex')
      read().delete(key)
      read().set(key, digest)
      isNew = true
    },
    async save() {
      if (!isNew || file === undefined) return
      isNew = false
      const lines = [...read()].slice(-maxNotes).map(([key, digest]) => `${key} ${digest}\n`)
      await writeWhole(file, Buffer.from(lines.join('')))
    },
  }
}

function parse(text: string): Map<string, string> {
  const notes = new Map<string, string>()
  for (const written of text.split('\n')) if (line.test(written)) notes.set(written.slice(0, 64), written.slice(65))
  return notes
}

function readOptional(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    // the files are looked up one by one instead
    return ''
  }
}
