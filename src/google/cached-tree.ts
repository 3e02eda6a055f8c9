import { createHash, randomUUID } from 'node:crypto'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ToolError } from '../errors/index.ts'
import { downloadTree } from './download-tree.ts'
import type { Storage } from './storage.ts'

/** What is copied, and when. */
export interface CachedTreeRequest {
  /** `gs://bucket/pattern` */
  readonly source: string
  /** Absolute path of the folder that copies are kept in. */
  readonly cacheFolder: string
  /** When the bucket is asked: at every run, when there is no copy yet, or never. */
  readonly policy: 'always' | 'missing' | 'never'
  /** False: a copy that is there stays as it is. */
  readonly sync?: boolean
  readonly signal?: AbortSignal
}

/**
 * Gives the folder with a copy of what a `gs://` URL means, made or brought up to date as `sync` and the policy say. A copy
 * comes into its place whole; what is gone from the bucket is gone from it.
 * @throws what copying throws; GOOGLE_NOT_FOUND when nothing may be fetched and there is no copy
 */
export async function cachedTree(storage: () => Promise<Storage>, request: CachedTreeRequest): Promise<string> {
  const { source, cacheFolder, policy, sync, signal } = request
  const folder = join(cacheFolder, keyOf(source))
  const isThere = await stat(folder).then(
    () => true,
    () => false,
  )
  if (isThere && (sync === false || policy !== 'always')) return folder
  if (!isThere && policy === 'never') {
    throw new ToolError(
      'GOOGLE_NOT_FOUND',
      `${source} is not in the cache (${folder}), and fetching is turned off by --sync-remote-cache=never`,
      { hint: 'run once with --sync-remote-cache=missing' },
    )
  }
  await mkdir(cacheFolder, { recursive: true, mode: 0o700 })
  const [fresh, old] = ['new', 'old'].map((what) => join(cacheFolder, `.${what}-${randomUUID()}`))
  if (fresh === undefined || old === undefined) return folder
  try {
    await mkdir(fresh)
    await downloadTree(await storage(), { source, folder: fresh, ...(signal === undefined ? {} : { signal }) })
    await replace({ folder, fresh, old })
  } finally {
    for (const path of [fresh, old]) await rm(path, { recursive: true, force: true, maxRetries: 3 })
  }
  return folder
}

interface Replacing {
  readonly folder: string
  readonly fresh: string
  readonly old: string
}

/** Another run may do the same at the same time: one copy is as good as the other. */
async function replace({ folder, fresh, old }: Replacing): Promise<void> {
  await rename(folder, old).catch(() => {})
  try {
    await rename(fresh, folder)
  } catch (error) {
    if (!['EEXIST', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

function keyOf(source: string): string {
  return createHash('sha256')
    .update(JSON.stringify([source]))
    .digest('base64url')
    .slice(0, 32)
    .replace(/^-/, '_')
}
