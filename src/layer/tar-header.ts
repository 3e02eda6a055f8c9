import { ToolError } from '../errors/index.ts'
import type { EntryKind } from './entry.ts'

/** Size of a header, and what bodies are padded to. */
export const blockBytes = 512

/** A header block, its names still bytes. */
export interface TarHeader {
  readonly typeFlag: string
  readonly name: Buffer
  readonly linkName: Buffer
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly mtimeSeconds: number
  readonly device: { readonly major: number; readonly minor: number }
}

/** Zeros between a body of that size and the next header. */
export function paddingAfter(size: number): number {
  return (blockBytes - (size % blockBytes)) % blockBytes
}

/** What type flags stand for; extended headers are not among them. */
export const entryKinds: Readonly<Record<string, EntryKind>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'character',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
}

/**
 * Reads a header block of ustar, GNU or v7 form.
 * @throws LAYER_INVALID
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
 */
export function parseHeader(block: Buffer): TarHeader {
  if (!hasChecksum(block)) throw new ToolError('LAYER_INVALID', 'the archive is not a tar archive, or is damaged')
  const name = cString(block, 0, 100)
  const prefix = readPrefix(block)
  return {
    typeFlag: String.fromCharCode(block[156] ?? 0),
    name: prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name]),
    linkName: cString(block, 157, 257),
    mode: readNumber(block, 100, 108) & 0o7777,
    uid: readNumber(block, 108, 116),
    gid: readNumber(block, 116, 124),
    size: readNumber(block, 124, 136),
    mtimeSeconds: readNumber(block, 136, 148),
    device: isPosix(block)
      ? { major: readNumber(block, 329, 337), minor: readNumber(block, 337, 345) }
      : { major: 0, minor: 0 },
  }
}

/** Whether a block is all zeros, as those at the end of an archive. */
export function isZeroBlock(block: Buffer): boolean {
  return block.every((byte) => byte === 0)
}

/** Sum of all bytes, those of the checksum itself taken as spaces. */
export function headerSum(block: Buffer): number {
  let sum = 8 * 0x20
  for (let at = 0; at < blockBytes; at += 1) if (at < 148 || at >= 156) sum += block[at] ?? 0
  return sum
}

/** Old programs have summed signed bytes. */
function hasChecksum(block: Buffer): boolean {
  const written = Number.parseInt(block.toString('latin1', 148, 156).replaceAll('\0', ' ').trim(), 8)
  const sum = headerSum(block)
  if (written === sum) return true
  const high = block.filter((byte, at) => byte >= 0x80 && (at < 148 || at >= 156)).length
  return written === sum - high * 256
}

function isPosix(block: Buffer): boolean {
  return block.toString('latin1', 257, 262) === 'ustar'
}

/** GNU archives have other fields where ustar's prefix is; star's prefix is shorter. */
function readPrefix(block: Buffer): Buffer {
  if (block.toString('latin1', 257, 263) !== 'ustar\0') return Buffer.alloc(0)
  const isStar = block.toString('latin1', 508, 512) === 'tar\0'
  return cString(block, 345, isStar ? 476 : 500)
}

function cString(block: Buffer, from: number, to: number): Buffer {
  const field = block.subarray(from, to)
  const end = field.indexOf(0)
  return end < 0 ? field : field.subarray(0, end)
}

/** Octal text, or, when the first bit is set, a big-endian two's complement number. */
function readNumber(block: Buffer, from: number, to: number): number {
  const first = block[from] ?? 0
  const value = (first & 0x80) === 0 ? readOctal(block.toString('latin1', from, to)) : readBinary(block, from, to)
  if (Number.isSafeInteger(value)) return value
  throw new ToolError('LAYER_INVALID', 'the archive has a header with a number that is not valid')
}

function readOctal(field: string): number {
  const digits = (field.split('\0')[0] ?? '').trim()
  if (digits === '') return 0
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN
}

function readBinary(block: Buffer, from: number, to: number): number {
  const bits = BigInt((to - from) * 8 - 1)
  const unsigned = BigInt(`0x${block.toString('hex', from, to)}`) & ((1n << bits) - 1n)
  const isNegative = ((block[from] ?? 0) & 0x40) !== 0
  return Number(isNegative ? unsigned - (1n << bits) : unsigned)
}
