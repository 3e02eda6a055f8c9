import { readTar, type TarEntry } from '../../layer/index.ts'
import type { ReadPart } from './contract.ts'

const partBytes = 256 * 1024
const blockBytes = 512

/**
 * The entries of an archive of which parts can be read: what is longer than a part and not wanted is left out.
 * @yields the entries; a body is read before the next entry is asked for, or not at all
 */
export async function* entriesByParts(readPart: ReadPart, sizeBytes: number): AsyncGenerator<TarEntry, void, void> {
  let start: number | undefined = 0
  while (start !== undefined) start = yield* entriesFrom(readPart, { start, sizeBytes })
}

/**
 * Goes on until a long body, and says where the entry after it is; undefined at the end.
 * @yields the entries
 */
async function* entriesFrom(
  readPart: ReadPart,
  { start, sizeBytes }: { readonly start: number; readonly sizeBytes: number },
): AsyncGenerator<TarEntry, number | undefined, void> {
  for await (const entry of readTar(partsOf(readPart, start, sizeBytes))) {
    yield entry
    const next = start + entry.bodyOffset + Math.ceil(entry.size / blockBytes) * blockBytes
    if (entry.size > partBytes) return next < sizeBytes ? next : undefined
  }
  return undefined
}

async function* partsOf(readPart: ReadPart, start: number, sizeBytes: number): AsyncGenerator<Uint8Array, void, void> {
  for (let at = start; at < sizeBytes; at += partBytes) {
    yield* readPart(at, Math.min(at + partBytes, sizeBytes) - 1)
  }
}
