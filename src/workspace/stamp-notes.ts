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

/** Beside those that a build asks for: of a folder that is what it was, nobody asks for the folders in it. */
const maxOthers = 16_384
const line = /^[0-9a-f]{64} [0-9a-f]{64}$/
const lineBytes = 130

/** Kept in a file, the newest last; without one they live as long as the process. */
export function openStampNotes(file: string | undefined): StampNotes {
  let text: string | undefined
  let notes: Map<string, string> | undefined
  const used = new Set<string>()
  let isNew = false
  const readText = (): string => (text ??= file === undefined ? '' : readOptional(file))
  const read = (): Map<string, string> => (notes ??= parse(readText()))
  return {
    get(stamp) {
      const key = hash('sha256', stamp, 'hex')
      const isFirst = used.size === 0
      used.add(key)
      // a build without changes asks once: all lines need not be looked at
      if (notes === undefined && isFirst) return findLine(readText(), key)
      return read().get(key)
    },
    set(stamp, digest) {
      const key = hash('sha256', stamp, 'hex')
      used.add(key)
      read().delete(key)
      read().set(key, digest)
      isNew = true
    },
    async save() {
      if (!isNew || file === undefined) return
      isNew = false
      const asked = [...read()].filter(([key]) => used.has(key))
      const others = [...read()].filter(([key]) => !used.has(key))
      const kept = [...others.slice(-maxOthers), ...asked]
      await writeWhole(file, Buffer.from(kept.map(([key, digest]) => `${key} ${digest}\n`).join('')))
    },
  }
}

/** The last one of that key. */
function findLine(text: string, key: string): string | undefined {
  const at = text.lastIndexOf(`${key} `)
  const written = text.slice(at, at + lineBytes - 1)
  return at !== -1 && line.test(written) ? written.slice(65) : undefined
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
