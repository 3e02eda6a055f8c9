import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createWatcher, type Watcher } from '../../src/watch/index.ts'

let folder = ''
let open: Watcher[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watch-'))
  await mkdir(join(folder, 'src'))
  await writeFile(join(folder, 'src', 'a'), 'one')
  await writeFile(join(folder, 'src', 'b'), 'one')
})

afterEach(async () => {
  await Promise.all(open.map(async (watcher) => watcher.close()))
  open = []
  await rm(folder, { recursive: true, force: true })
})

/** Everything below the folder, as a build lists it. */
async function listAll(): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  return [folder, ...entries.map((entry) => join(entry.parentPath, entry.name))]
}

describe.each([{ poll: false }, { poll: true }])('a watcher with %j', (mode) => {
  /** A watcher that watches, and its next changes. */
  async function start(
    debounceMs = 40,
    only?: readonly string[],
  ): Promise<{ watcher: Watcher; next: () => Promise<readonly string[]> }> {
    let ready: () => void = () => {}
    const started = new Promise<void>((resolve) => {
      ready = resolve
    })
    const paths = async (): Promise<readonly string[]> => {
      const listed = only ?? (await listAll())
      ready()
      return listed
    }
    const watcher = createWatcher({ ...mode, paths, debounceMs, pollMs: 30 })
    open.push(watcher)
    const iterator = watcher.changes()[Symbol.asyncIterator]()
    await started
    // the watches are set in the turn after the list is there
    await new Promise((resolve) => setTimeout(resolve, 60))
    return {
      watcher,
      async next() {
        const result = await iterator.next()
        return result.done === true ? ['closed'] : result.value.paths.map((path) => path.slice(folder.length + 1))
      },
    }
  }

  /** Changes until all these paths were named. */
  async function expectChanges(next: () => Promise<readonly string[]>, ...expected: readonly string[]): Promise<void> {
    const missing = new Set(expected)
    while (missing.size > 0) {
      for (const path of await next()) missing.delete(path)
    }
  }

  test('sees a file that is written', async () => {
    const { next } = await start()
    await writeFile(join(folder, 'src', 'a'), 'two')
    await expectChanges(next, 'src/a')
  })

  test('sees a file that is saved by renaming another over it', async () => {
    const { next } = await start()
    await writeFile(join(folder, 'src', '.a.tmp'), 'two')
    await rename(join(folder, 'src', '.a.tmp'), join(folder, 'src', 'a'))
    await expectChanges(next, 'src/a')
  })

  test('sees a file that is deleted', async () => {
    const { next } = await start()
    await rm(join(folder, 'src', 'a'))
    await expectChanges(next, 'src/a')
  })

  test('gives what changes together at once', async () => {
    const { next } = await start(600)
    await Promise.all([writeFile(join(folder, 'src', 'b'), 'two'), writeFile(join(folder, 'src', 'a'), 'two')])
    const paths = (await next()).filter((path) => path !== 'src')
    expect(paths).toEqual(['src/a', 'src/b'])
  })

  test('sees changes one after another', async () => {
    const { next } = await start()
    for (const text of ['two', 'three', 'four more']) {
      await writeFile(join(folder, 'src', 'a'), text)
      await expectChanges(next, 'src/a')
    }
  })

  test('sees what is in a folder that is new', async () => {
    const { next } = await start()
    await mkdir(join(folder, 'src', 'new', 'deep'), { recursive: true })
    await writeFile(join(folder, 'src', 'new', 'deep', 'c'), 'one')
    const news = await next()
    expect(news.some((path) => path.startsWith('src'))).toBe(true)
    const change = expectChanges(next, 'src/new/deep/c')
    await new Promise((resolve) => setTimeout(resolve, 300))
    await writeFile(join(folder, 'src', 'new', 'deep', 'c'), 'two, to be seen')
    await change
  })

  test('sees a folder that is deleted and made again, and what happens in it afterwards', async () => {
    const { next } = await start()
    await rm(join(folder, 'src'), { recursive: true })
    await mkdir(join(folder, 'src'))
    await writeFile(join(folder, 'src', 'a'), 'again')
    await expectChanges(next, 'src/a')
    for (const text of ['once more', 'and once more again']) {
      const change = expectChanges(next, 'src/a')
      await new Promise((resolve) => setTimeout(resolve, 200))
      await writeFile(join(folder, 'src', 'a'), text)
      await change
    }
  })

  test('sees a folder that another one takes the place of', async () => {
    const { next } = await start()
    const other = await mkdtemp(join(tmpdir(), 'watch-other-'))
    await writeFile(join(other, 'a'), 'of the other')
    await rename(join(folder, 'src'), join(other, 'old'))
    await rename(other, join(folder, 'src'))
    await expectChanges(next, 'src/a')
    const change = expectChanges(next, 'src/a')
    await new Promise((resolve) => setTimeout(resolve, 200))
    await writeFile(join(folder, 'src', 'a'), 'of the other, changed')
    await change
  })

  test('sees a single file whose folder goes and comes again', async () => {
    const file = join(folder, 'src', 'deep', 'file')
    await mkdir(join(folder, 'src', 'deep'))
    await writeFile(file, 'one')
    const { next } = await start(40, [file])
    await rm(join(folder, 'src'), { recursive: true })
    await next()
    for (const text of ['again', 'and changed']) {
      const change = expectChanges(next, 'src/deep/file')
      await new Promise((resolve) => setTimeout(resolve, 200))
      await mkdir(join(folder, 'src', 'deep'), { recursive: true })
      await writeFile(file, text)
      await change
    }
  })

  test('ends when it is closed, also while somebody waits', async () => {
    const { watcher, next } = await start()
    const waiting = next()
    await watcher.close()
    expect(await waiting).toEqual(['closed'])
  })

  test('ends when its signal is aborted', async () => {
    const controller = new AbortController()
    const watcher = createWatcher({ ...mode, paths: listAll, signal: controller.signal })
    open.push(watcher)
    const ended = watcher.changes()[Symbol.asyncIterator]().next()
    controller.abort()
    expect((await ended).done).toBe(true)
  })

  test('ends with what listing the paths throws', async () => {
    const watcher = createWatcher({ ...mode, paths: () => Promise.reject(new Error('no list')) })
    open.push(watcher)
    await expect(watcher.changes()[Symbol.asyncIterator]().next()).rejects.toThrow('no list')
  })
})
