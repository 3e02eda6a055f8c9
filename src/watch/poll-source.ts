import { readdir, stat } from 'node:fs/promises'
import { createLimiter } from '../support/index.ts'
import type { ChangeListener, ChangeSource } from './contract.ts'

const looksAtOnce = 32

/** Looks at every path again and again. */
export function createPollSource(listener: ChangeListener, intervalMs: number): ChangeSource {
  let known: ReadonlyMap<string, string> = new Map()
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  const look = async (): Promise<void> => {
    const before = known
    const now = await describeAll([...before.keys()])
    if (isClosed || known !== before) return
    known = now
    for (const path of changedPaths(before, now)) listener.onChange(path)
  }
  const plan = (): void => {
    timer = setTimeout(
      () =>
        void look()
          .catch(() => {})
          .finally(() => (isClosed ? undefined : plan())),
      intervalMs,
    )
  }
  return {
    async update(paths) {
      const before = known
      const now = await describeAll(paths)
      if (isClosed) return
      known = now
      // what is in both may have changed since the last look
      for (const path of changedPaths(before, now)) if (before.has(path) && now.has(path)) listener.onChange(path)
      if (timer === undefined) plan()
    },
    close() {
      isClosed = true
      clearTimeout(timer)
    },
  }
}

function changedPaths(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): readonly string[] {
  return [...now.keys()].filter((path) => before.has(path) && before.get(path) !== now.get(path))
}

/** A text per path that changes when the file does; the names of its files for a folder, nothing for what is not there. */
async function describeAll(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const limit = createLimiter(looksAtOnce)
  const texts = await Promise.all(paths.map(async (path) => limit(async () => describe(path))))
  return new Map(paths.map((path, index) => [path, texts[index] ?? '']))
}

async function describe(path: string): Promise<string> {
  try {
    const stats = await stat(path, { bigint: true })
    if (stats.isDirectory()) return (await readdir(path)).sort().join('\0')
    return `${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`
  } catch {
    return ''
  }
}
