import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { normalizePlatform, type Platform } from '../../../platform/index.ts'
import { architectureOf } from './binfmt-handler.ts'

/** Where the kernel says which programs it hands to an interpreter. */
const binfmtFolder = '/proc/sys/fs/binfmt_misc'

/**
 * The platforms whose programs this machine's kernel emulates, in containers as well: handlers that are turned on and that
 * hold their interpreter open (flag F), so that a container need not have it.
 * @see https://docs.kernel.org/admin-guide/binfmt-misc.html
 */
export async function readEmulated(folder: string = binfmtFolder): Promise<readonly Platform[]> {
  const names = await readdir(folder).catch(() => [])
  if ((await readText(join(folder, 'status'))).trim() === 'disabled') return []
  const found = await Promise.all(
    names.filter((name) => name !== 'register' && name !== 'status').map(async (name) => readText(join(folder, name))),
  )
  const architectures = new Set(found.flatMap((text) => architectureOf(text) ?? []))
  return [...architectures].sort().map((architecture) => normalizePlatform({ os: 'linux', architecture }))
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}
