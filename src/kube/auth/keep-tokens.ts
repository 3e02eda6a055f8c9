import { randomUUID } from 'node:crypto'
import { open, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'

/**
 * Puts new tokens in the place of old ones in a kubeconfig, whatever else stands in it. As kubectl it takes turns with
 * others by a file of its own; nothing is written when it is not its turn, or may not: the tokens are good all the same.
 */
export async function keepTokens(
  file: string | undefined,
  changes: readonly (readonly [former: string | undefined, now: string])[],
): Promise<void> {
  if (file === undefined) return
  const lock = `${file}.lock`
  const handle = await open(lock, 'wx', 0o600).catch(() => undefined)
  if (handle === undefined) return
  try {
    await handle.close()
    await rewrite(await realpath(file), changes)
  } catch {
    // read-only kubeconfigs are read-only on purpose
  } finally {
    await rm(lock, { force: true })
  }
}

async function rewrite(
  file: string,
  changes: readonly (readonly [former: string | undefined, now: string])[],
): Promise<void> {
  const text = await readFile(file, 'utf8')
  const changed = changes.reduce(
    (result, [former, now]) => (former === undefined || former === '' ? result : result.replaceAll(former, () => now)),
    text,
  )
  if (changed === text) return
  const { mode } = await stat(file)
  const temporary = `${file}.${randomUUID()}`
  try {
    await writeFile(temporary, changed, { mode: mode & 0o777 })
    await rename(temporary, file)
  } finally {
    await rm(temporary, { force: true })
  }
}
