import { createHash, hash, subtle } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { ToolError } from '../errors/index.ts'
import type { KnownFile } from './file-stamp.ts'

/** What reading a file has said. */
export interface FileFacts extends KnownFile {
  /** Its bytes, when they were few. */
  readonly bytes?: Uint8Array
}

/** What the header of a program needs; of other files only the start is kept, for there may be many. */
const headBytes = 4096
const magicBytes = 16
const elfMagic = Buffer.from([0x7f, 0x45, 0x4c, 0x46])
/** Up to here reading without the thread pool is several times as fast. */
const smallBytes = 128 * 1024
/** Up to here a file is read into memory, and another processor makes the digest. */
const middleBytes = 16 * 1024 * 1024
const chunkBytes = 1024 * 1024

/** Whether a file is so small that it is read at once and without the event loop. */
export function isSmall(sizeBytes: number): boolean {
  return sizeBytes <= smallBytes
}

/**
 * Reads a small file into `buffer`, or into one of its own: what is longer than expected is noticed.
 * @throws FILE_CHANGED when it is not as long as expected, FILE_UNREADABLE
 */
export function readSmall(
  path: string,
  sizeBytes: number,
  buffer: Buffer = Buffer.allocUnsafe(sizeBytes + 1),
): FileFacts & { readonly bytes: Uint8Array } {
  const filled = attempt(path, () => readStart(path, buffer, sizeBytes))
  if (filled !== sizeBytes) throw changed(path)
  const bytes = buffer.subarray(0, sizeBytes)
  return { digest: `sha256:${hash('sha256', bytes, 'hex')}`, head: headOf(bytes), bytes }
}

/** Asks for one byte more than there should be; what comes then is the end, as a rule. */
function readStart(path: string, buffer: Buffer, sizeBytes: number): number {
  const file = openSync(path, 'r')
  try {
    let filled = 0
    for (;;) {
      const count = readSync(file, buffer, filled, sizeBytes + 1 - filled, filled)
      filled += count
      if (count === 0 || filled >= sizeBytes) return filled
    }
  } finally {
    closeSync(file)
  }
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw unreadable(path, error)
  }
}

/**
 * Reads a file.
 * @throws FILE_CHANGED when it is not as long as expected, FILE_UNREADABLE
 */
export async function readFacts(path: string, sizeBytes: number): Promise<FileFacts> {
  if (isSmall(sizeBytes)) return readSmall(path, sizeBytes)
  try {
    const file = await open(path, 'r')
    try {
      return await (sizeBytes <= middleBytes ? readMiddle(file, path, sizeBytes) : readBig(file, path, sizeBytes))
    } finally {
      await file.close()
    }
  } catch (error) {
    throw error instanceof ToolError ? error : unreadable(path, error)
  }
}

async function readMiddle(file: FileHandle, path: string, sizeBytes: number): Promise<FileFacts> {
  const buffer = Buffer.allocUnsafe(sizeBytes + 1)
  const filled = await fill(file, buffer, 0)
  if (filled !== sizeBytes) throw changed(path)
  const bytes = buffer.subarray(0, sizeBytes)
  const digest = Buffer.from(await subtle.digest('SHA-256', bytes)).toString('hex')
  return { digest: `sha256:${digest}`, head: headOf(bytes) }
}

async function readBig(file: FileHandle, path: string, sizeBytes: number): Promise<FileFacts> {
  const hash = createHash('sha256')
  let head: Uint8Array | undefined
  let at = 0
  for (;;) {
    const buffer = Buffer.allocUnsafe(chunkBytes)
    const filled = await fill(file, buffer, at)
    head ??= headOf(buffer.subarray(0, filled))
    hash.update(buffer.subarray(0, filled))
    at += filled
    if (filled < buffer.length || at > sizeBytes) break
  }
  if (at !== sizeBytes) throw changed(path)
  return { digest: `sha256:${hash.digest('hex')}`, head: head ?? new Uint8Array() }
}

async function fill(file: FileHandle, buffer: Buffer, position: number): Promise<number> {
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}

function headOf(bytes: Buffer): Uint8Array {
  const isProgram = bytes.subarray(0, elfMagic.length).equals(elfMagic)
  return Uint8Array.from(bytes.subarray(0, isProgram ? headBytes : magicBytes))
}

function unreadable(path: string, cause: unknown): ToolError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new ToolError('FILE_UNREADABLE', `cannot read ${path}: ${why}`, {
    hint: 'make it readable, or leave it out with .dockerignore',
    cause,
  })
}

/** The error about a file that is not what it was. */
export function changed(path: string): ToolError {
  return new ToolError('FILE_CHANGED', `${path} changed while it was being read`, {
    hint: 'build again when nothing writes to it any more',
  })
}
