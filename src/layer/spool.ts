import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { diskError } from './disk-error.ts'
import { fileContent } from './file-content.ts'

/** Bytes on their way into memory or, when they are many, a file. */
export interface Spool {
  write(bytes: Uint8Array): void
  /** Keeps the bytes; a file is given the name. They can be read as often as needed. */
  keep(name: string): (signal?: AbortSignal) => AsyncIterable<Uint8Array>
  /** Throws away what was written, unless it was kept. */
  discard(): void
}

/** Where many bytes go, and from how many on. */
export interface SpoolOptions {
  /** Absent: everything stays in memory. */
  readonly workFolder?: string
  readonly maxMemoryBytes: number
}

/** @throws DISK_FULL, FILE_UNWRITABLE */
export function createSpool({ workFolder, maxMemoryBytes }: SpoolOptions): Spool {
  let chunks: Uint8Array[] = []
  let sizeBytes = 0
  let file: SpoolFile | undefined
  return {
    write(bytes) {
      sizeBytes += bytes.length
      chunks.push(bytes)
      if (workFolder === undefined || (file === undefined && sizeBytes <= maxMemoryBytes)) return
      file ??= openSpoolFile(workFolder)
      for (const chunk of chunks) file.append(chunk)
      chunks = []
    },
    keep(name) {
      const kept = chunks
      if (file === undefined) return () => stream(kept)
      const path = file.publish(name)
      file = undefined
      return (signal) => untilAborted(fileContent(path), signal)
    },
    discard() {
      chunks = []
      file?.remove()
      file = undefined
    },
  }
}

interface SpoolFile {
  append(bytes: Uint8Array): void
  publish(name: string): string
  remove(): void
}

function openSpoolFile(folder: string): SpoolFile {
  const path = join(folder, `.${randomBytes(8).toString('hex')}.part`)
  const attempt = <T>(action: () => T): T => {
    try {
      return action()
    } catch (error) {
      throw diskError(error, path)
    }
  }
  const descriptor = attempt(() => {
    mkdirSync(folder, { recursive: true })
    return openSync(path, 'wx', 0o600)
  })
  let isOpen = true
  const close = (): void => {
    if (isOpen) closeSync(descriptor)
    isOpen = false
  }
  return {
    append(bytes) {
      for (let at = 0; at < bytes.length;) at += attempt(() => writeSync(descriptor, bytes, at))
    },
    publish(name) {
      const finished = join(folder, name)
      attempt(() => {
        close()
        renameSync(path, finished)
      })
      return finished
    },
    remove() {
      close()
      rmSync(path, { force: true })
    },
  }
}

async function* stream(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, void> {
  yield* chunks
}

async function* untilAborted(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of source) {
    signal?.throwIfAborted()
    yield chunk
  }
}
