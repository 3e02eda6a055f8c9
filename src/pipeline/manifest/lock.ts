import { open, readFile, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { ToolError } from '../../errors/index.ts'

const retryMs = 20
const giveUpMs = 30_000
/** A lock of another machine, on a shared disk, is believed for so long. */
const staleMs = 10 * 60_000

/**
 * Does something that no other process does at the same time to what the path stands for. A lock whose process is gone
 * is taken over.
 * @throws MANIFEST_LIST_BUSY when another process holds it for longer than half a minute
 */
export async function withLock<T>(path: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  await take(path, signal)
  try {
    return await work()
  } finally {
    await rm(path, { force: true })
  }
}

async function take(path: string, signal: AbortSignal): Promise<void> {
  for (let waitedMs = 0; waitedMs < giveUpMs; waitedMs += retryMs) {
    if (await tryTake(path)) return
    if (await isAbandoned(path)) await rm(path, { force: true })
    else await sleep(retryMs, undefined, { signal })
  }
  throw new ToolError('MANIFEST_LIST_BUSY', `another process works on what ${path} locks`, {
    hint: `wait for it, or remove ${path} if there is none`,
  })
}

async function tryTake(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx')
    await file.writeFile(`${process.pid} ${hostname()}`)
    await file.close()
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** A lock that has just been made may not say yet whose it is. */
async function isAbandoned(path: string): Promise<boolean> {
  try {
    const [pid = '', host = ''] = (await readFile(path, 'utf8')).split(' ')
    if (host !== hostname()) return Date.now() - (await stat(path)).mtimeMs > staleMs
    return !isAlive(Number(pid))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // somebody else's process is alive as well
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
