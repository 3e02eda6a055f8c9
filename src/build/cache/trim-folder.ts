import { lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { partialEnding } from '../../workspace/index.ts'

/** How much may stay. */
export interface TrimOptions {
  readonly maxBytes: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** So much is left free, so that the next build does not have to look again. */
const keptShare = 0.8
/** Nobody writes one file for so long. */
const abandonedAfterMs = 60 * 60 * 1000

interface Found {
  readonly path: string
  readonly sizeBytes: number
  readonly usedAtMs: number
}

/** Removes the files of a cache that were not used for longest, and what killed processes have left half written. */
export async function trimFolder(folder: string, { maxBytes, now }: TrimOptions): Promise<void> {
  const files = await listFiles(folder)
  const isAbandoned = ({ path, usedAtMs }: Found): boolean =>
    path.endsWith(partialEnding) && now() - usedAtMs > abandonedAfterMs
  const kept = files.filter((file) => !isAbandoned(file))
  await remove(files.filter(isAbandoned))
  const total = kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  if (total <= maxBytes) return
  await remove(oldest(kept, total - maxBytes * keptShare))
}

function oldest(files: readonly Found[], bytes: number): readonly Found[] {
  const sorted = [...files].sort((a, b) => a.usedAtMs - b.usedAtMs)
  let removed = 0
  return sorted.filter(({ sizeBytes }) => {
    if (removed >= bytes) return false
    removed += sizeBytes
    return true
  })
}

async function listFiles(folder: string): Promise<readonly Found[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])
  const found: Found[] = []
  for (const entry of entries) {
    if (entry.isDirectory()) continue
    const path = join(entry.parentPath, entry.name)
    // another process may trim at the same time
    const stats = await lstat(path).catch(() => undefined)
    if (stats !== undefined) found.push({ path, sizeBytes: stats.size, usedAtMs: stats.mtimeMs })
  }
  return found
}

async function remove(files: readonly Found[]): Promise<void> {
  for (const { path } of files) await rm(path, { force: true })
}
