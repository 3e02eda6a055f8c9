import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Closing } from './closing.ts'

/**
 * Says in its name which process a folder belongs to, as that may die without taking it away. Containers that share the
 * folder have processes of the same numbers, and other names.
 */
function prefixHere(): string {
  return `catamaran-${createHash('sha256').update(hostname()).digest('hex').slice(0, 6)}-`
}

/**
 * A new folder for what a command keeps on disk while it runs; it is removed at the end. Those of commands that were
 * killed are removed here.
 */
export async function makeWorkFolder(closing: Closing): Promise<string> {
  const parent = tmpdir()
  const folder = await mkdtemp(join(parent, `${prefixHere()}${process.pid}-`))
  closing.add(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  await sweep(parent)
  return folder
}

/** Nobody waits for a folder that cannot be removed: it may be somebody else's. */
async function sweep(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => [])
  const prefix = prefixHere()
  const left = names.filter((name) => {
    const pid = name.startsWith(prefix) ? /^(\d+)-\w{6}$/.exec(name.slice(prefix.length))?.[1] : undefined
    return pid !== undefined && !isAlive(Number(pid))
  })
  await Promise.all(left.map(async (name) => removeIfOwn(join(parent, name))))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // another user's process may not be signalled, and is there
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

async function removeIfOwn(folder: string): Promise<void> {
  try {
    const { uid } = await stat(folder)
    if (process.getuid !== undefined && uid !== process.getuid()) return
    await rm(folder, { recursive: true, force: true })
  } catch {
    // it stays, as it did before
  }
}
