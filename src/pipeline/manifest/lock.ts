import { randomUUID } from 'node:crypto'
import { link, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
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
    if (!(await isAbandoned(path)) || !(await clearAbandoned(path))) await sleep(retryMs, undefined, { signal })
  }
  throw new ToolError('MANIFEST_LIST_BUSY', `another process works on what ${path} locks`, {
    hint: `wait for it, or remove ${path} if there is none`,
  })
}

/** A lock says from the start whose it is: one that was killed while it wrote would be in the way for long. */
async function tryTake(path: string): Promise<boolean> {
  const own = `${path}.${randomUUID()}`
  const text = `${process.pid} ${hostname()}`
  await writeFile(own, text)
  try {
    await link(own, path).catch(async (error: unknown) => {
      if (!hasNoLinks(error)) throw error
      await writeFile(path, text, { flag: 'wx' })
    })
    return true
  } catch (error) {
    if (isExists(error)) return false
    throw error
  } finally {
    await rm(own, { force: true })
  }
}

/** Not every file system has them. */
function hasNoLinks(error: unknown): boolean {
  const codes: readonly unknown[] = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EMLINK']
  return error instanceof Error && 'code' in error && codes.includes(error.code)
}

/** Longer than removing a file takes on any disk. */
const clearingMs = 10_000

/**
 * Removes an abandoned lock, one process at a time and after another look: else a second one could remove the lock that
 * the first has just made.
 */
async function clearAbandoned(path: string): Promise<boolean> {
  const guard = `${path}.clearing`
  try {
    await (await open(guard, 'wx')).close()
  } catch (error) {
    if (!isExists(error)) throw error
    if ((await ageMs(guard)) > clearingMs) await rm(guard, { force: true })
    return false
  }
  try {
    if (await isAbandoned(path)) await rm(path, { force: true })
    return true
  } finally {
    await rm(guard, { force: true })
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  try {
    const [pid = '', host = ''] = (await readFile(path, 'utf8')).split(' ')
    if (host !== hostname()) return (await ageMs(path)) > staleMs
    return !isAlive(Number(pid))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}

/** 0 when it is gone. */
async function ageMs(path: string): Promise<number> {
  try {
    return Date.now() - (await stat(path)).mtimeMs
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0
    throw error
  }
}

function isExists(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST'
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
