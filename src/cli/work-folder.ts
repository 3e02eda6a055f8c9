import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Closing } from './closing.ts'

/** A new folder for what a command keeps on disk while it runs; it is removed at the end. */
export async function makeWorkFolder(closing: Closing): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'catamaran-'))
  closing.add(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}
