import { createHash, subtle } from 'node:crypto'
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

/**
 * Reads a file.
 * @throws FILE_CHANGED when it is not as long as expected, FILE_UNREADABLE
 */
export async function readFacts(path: string, sizeBytes: number): Promise<FileFacts> {
  try {
    if (sizeBytes <= smallBytes) return readSmall(path, sizeBytes)
    const file = await open(path, 'r')
    try {
      return await (sizeBytes <= middleBytes ? readMiddle(file, path, sizeBytes) : readBig(file, path, sizeBytes))
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof ToolError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new ToolError('FILE_UNREADABLE', `cannot read ${path}: ${why}`, {
      hint: 'make it readable, or leave it out with .dockerignore',
      cause: error,
    })
  }
}

/** Asks for one byte more than there should be, so that a file that has grown is noticed. */
function readSmall(path: string, sizeBytes: number): FileFacts {
  const buffer = Buffer.allocUnsafe(sizeBytes + 1)
  const file = openSync(path, 'r')
  try {
    let filled = 0
    for (;;) {
      const count = readSync(file, buffer, filled, buffer.length - filled, filled)
      filled += count
      if (count === 0 || filled === buffer.length) break
    }
    if (filled !== sizeBytes) throw changed(path)
    const bytes = buffer.subarray(0, sizeBytes)
    return { digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, head: headOf(bytes), bytes }
  } finally {
    closeSync(file)
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

function changed(path: string): ToolError {
  return new ToolError('FILE_CHANGED', `${path} changed while it was being read`, {
    hint: 'build again when nothing writes to it any more',
  })
}
