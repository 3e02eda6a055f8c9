import { appendFileSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aCacheBench, type CacheBench } from '../support/cache-project.ts'

let bench: CacheBench

beforeAll(async () => {
  bench = await aCacheBench()
})

afterAll(async () => {
  await bench.close()
})

/** Without the tag's line, which has the port. */
function progressOf(output: string): string {
  return output
    .split('\n')
    .filter((line) => !line.startsWith(' - app -> '))
    .join('\n')
    .replaceAll(/sha256:[0-9a-f]{64}/g, 'DIGEST')
    .trim()
}

describe('catamaran build with a cache', () => {
  test('says what it found in the words of Skaffold, and builds nothing', async () => {
    const project = bench.project('words', 3)
    const first = await bench.build(project, { cache: 'words' })
    expect(progressOf(first.stdout)).toContain('Checking cache...\n - app: Not found. Building\nStarting build...\n')
    const second = await bench.build(project, { cache: 'words', tag: 'v2' })
    expect(progressOf(second.stdout)).toMatch(
      /^Generating tags\.\.\.\nChecking cache\.\.\.\n - app: Found Remotely\nTarget platforms: \[[\w/,]+\]$/,
    )
    expect(await bench.digestOf('team/app:v2')).toBe(await bench.digestOf('team/app:v1'))
  })

  test('pushes no blob when only the tag is new, nor asks for a layer', async () => {
    const project = bench.project('requests', 3)
    await bench.build(project, { cache: 'requests' })
    const seen: string[] = []
    bench.registry.server.on('request', ({ method, url }) => seen.push(`${String(method)} ${String(url)}`))
    await bench.build(project, { cache: 'requests', tag: 'v3' })
    expect(seen.filter((line) => line.includes('/uploads/'))).toEqual([])
    const blobs = seen.filter((line) => line.startsWith('GET') && line.includes('/blobs/'))
    // the configurations of the two platforms
    expect(blobs).toHaveLength(2)
  })

  test('with --cache-artifacts=false builds again, and says nothing of a cache', async () => {
    const project = bench.project('off', 3)
    await bench.build(project, { cache: 'off' })
    const again = await bench.build(project, { cache: 'off', args: ['--cache-artifacts=false'] })
    expect(again.stdout).not.toContain('cache')
    expect(again.stdout).toContain('Building [app]...')
  })

  test('with --cache-file remembers there, and two folders can share it', async () => {
    const project = bench.project('file', 3)
    const args = ['--cache-file=../shared-artifacts']
    await bench.build(project, { cache: 'file', args })
    expect(existsSync(join(bench.root, 'shared-artifacts'))).toBe(true)
    expect(existsSync(join(bench.root, 'file', 'catamaran', 'artifacts'))).toBe(false)
    const elsewhere = await bench.build(project, { cache: 'another', args })
    expect(elsewhere.stdout).toContain(' - app: Found Remotely')
  })

  test('reads one line of JSON per event of the cache', async () => {
    const project = bench.project('json', 3)
    await bench.build(project, { cache: 'json' })
    const { stderr } = await bench.build(project, { cache: 'json', args: ['--progress=json'] })
    const events = stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { readonly type: string })
    expect(events.filter(({ type }) => type.startsWith('cache'))).toEqual([
      expect.objectContaining({ type: 'cacheStarted' }),
      expect.objectContaining({ type: 'cacheChecked', found: ['linux/amd64', 'linux/arm64'], missing: [] }),
    ])
  })

  test('goes on without caches where they cannot be written, and says so', async () => {
    const project = bench.project('unwritable', 3)
    writeFileSync(join(bench.root, 'a-file'), '')
    const { output } = await bench.build(project, { cache: 'a-file', repository: 'unwritable' })
    expect(output).toContain('the next build')
    expect(output).toContain('fix: ')
    expect(await bench.digestOf('unwritable/app:v1')).toMatch(/^sha256:/)
  })

  test('builds for the changed file alone', async () => {
    const project = bench.project('changed', 40)
    await bench.build(project, { cache: 'changed' })
    appendFileSync(join(project, 'start'), 'echo\n')
    const again = await bench.build(project, { cache: 'changed' })
    // a layer and two configurations; the layer of the library is there already
    expect(again.stdout).toContain('Pushed 3 blobs')
  })
})
