import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWorkbench, type Workbench } from '../support/workbench.ts'

/** How long a command takes to start is what it loads: counted here, for times are not the same twice. */

let bench: Workbench

beforeAll(async () => {
  bench = await createWorkbench()
  await bench.write({
    'skaffold.yaml': 'apiVersion: skaffold/v4beta13\nkind: Config\nmanifests:\n  rawYaml: [pod.yaml]\n',
    'pod.yaml':
      'apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n    - name: main\n      image: nginx:1.25\n',
  })
})

afterAll(async () => {
  await bench.close()
})

interface Loaded {
  readonly code: number | null
  readonly files: number
  readonly kibibytes: number
  /** Occasions on which a chunk is loaded whole, for each chunk that is named after them. */
  readonly occasions: readonly (readonly string[])[]
  readonly hasHttpClient: boolean
}

/** Runs a command; Node.js writes down which files it read for it. */
async function loadedBy(args: readonly string[]): Promise<Loaded> {
  const folder = join(bench.folder, 'coverage')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  const { code } = await bench.run(args, { env: { NODE_V8_COVERAGE: folder } })
  const paths = readdirSync(folder)
    .flatMap((name) => scriptsOf(readFileSync(join(folder, name), 'utf8')))
    .map((url) => fileURLToPath(url))
  const bytes = paths.reduce((sum, path) => sum + statSync(path).size, 0)
  return {
    code,
    files: paths.length,
    kibibytes: Math.round(bytes / 1024),
    occasions: paths.map(occasionsOf).filter((occasions) => occasions.length > 0),
    hasHttpClient: paths.some((path) => readFileSync(path, 'utf8').includes('UND_ERR_CONNECT_TIMEOUT')),
  }
}

function scriptsOf(report: string): readonly string[] {
  const { result } = JSON.parse(report) as { readonly result: readonly { readonly url: string }[] }
  return result.map(({ url }) => url).filter((url) => url.startsWith('file:'))
}

/** `chunk-project-render-HASH.js`, where all words are occasions and the file is more than a list of exports. */
function occasionsOf(path: string): readonly string[] {
  const words = /^chunk-([a-z-]+)-[\w-]{8}\.js$/.exec(basename(path))?.[1]?.split('-') ?? []
  const isList = statSync(path).size < 1024
  return isList || words.some((word) => !known.includes(word)) ? [] : words
}

const known = ['project', 'render', 'build', 'builders', 'images']

test.each([
  { args: ['version'], files: 8, kibibytes: 80 },
  { args: ['--help'], files: 6, kibibytes: 50 },
  { args: ['diagnose', '--yaml-only'], files: 12, kibibytes: 430, occasion: 'project' },
  { args: ['render', '--digest-source=none'], files: 20, kibibytes: 650, occasion: 'render' },
])('$args loads nothing that talks to others', async ({ args, files, kibibytes, occasion }) => {
  const loaded = await loadedBy(args)
  expect(loaded.code).toBe(0)
  expect(loaded.files).toBeLessThanOrEqual(files)
  expect(loaded.kibibytes).toBeLessThanOrEqual(kibibytes)
  expect(loaded.hasHttpClient).toBe(false)
  if (occasion === undefined) return
  expect(loaded.occasions.length).toBeGreaterThan(0)
  expect(loaded.occasions.filter((occasions) => !occasions.includes(occasion))).toEqual([])
})

test.each([
  ['copy', '127.0.0.1:1/a', '127.0.0.1:1/b'],
  ['index', 'create', '127.0.0.1:1/a', '127.0.0.1:1/b'],
])('%s %s loads nothing of projects and clusters', async (...args) => {
  const loaded = await loadedBy(args)
  expect(loaded.code).toBe(1)
  expect(loaded.files).toBeLessThanOrEqual(22)
  expect(loaded.kibibytes).toBeLessThanOrEqual(680)
  expect(loaded.hasHttpClient).toBe(true)
  expect(loaded.occasions.length).toBeGreaterThan(0)
  expect(loaded.occasions.filter((occasions) => !occasions.includes('images'))).toEqual([])
})
