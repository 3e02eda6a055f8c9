import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readElf } from '../../../layer/index.ts'
import { normalizePlatform, type Platform } from '../../../platform/index.ts'

/** Where the kernel says which programs it hands to an interpreter. */
export const binfmtFolder = '/proc/sys/fs/binfmt_misc'

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

/** The architecture that one handler emulates; undefined when it emulates none, is turned off, or not for containers. */
export function architectureOf(handler: string): string | undefined {
  const lines = handler.split('\n').map((line) => line.trim())
  const valueOf = (key: string): string =>
    lines
      .find((line) => line.startsWith(key))
      ?.slice(key.length)
      .trim() ?? ''
  if (lines[0] !== 'enabled' || !valueOf('flags:').includes('F')) return undefined
  const magic = valueOf('magic ')
  if (!/^(?:[0-9a-f]{2})+$/.test(magic)) return undefined
  // the rest of the header is not part of the pattern
  return readElf(Buffer.concat([Buffer.from(magic, 'hex'), Buffer.alloc(4096)]))?.architecture
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}
