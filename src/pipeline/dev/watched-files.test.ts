import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Builder } from '../../build/index.ts'
import { parseConfig } from '../../config/index.ts'
import { ToolError } from '../../errors/index.ts'
import type { AutoOptions, Context, Project } from '../contract.ts'
import { watchFiles, type WatchedFiles } from './watched-files.ts'

let folder: string
let dependencies: ((contextFolder: string) => readonly string[]) | undefined

const given = [
  'web/Dockerfile',
  'web/src/index.html',
  'api/Dockerfile',
  'synced/page.html',
  'k8s/pod.yaml',
  'skaffold.yaml',
]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catamaran-watched-'))
  dependencies = undefined
  for (const file of given) write(file)
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function write(file: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true })
  writeFileSync(join(folder, file), '')
}

/** Depends on every file of its context, as `COPY . .` does. */
const builder: Builder = {
  multiPlatform: false,
  build: () => Promise.reject(new Error('nothing is built here')),
  dependencies: async ({ contextFolder }) => dependencies?.(contextFolder) ?? filesBelow(contextFolder),
}

function filesBelow(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

function project(): Project {
  const text = `apiVersion: skaffold/v4beta13
kind: Config
build:
  artifacts:
    - {image: web, context: web}
    - {image: api, context: api}
    - {image: synced, context: synced, sync: {manual: [{src: '*.html', dest: /site}]}}
manifests: {rawYaml: ['k8s/*.yaml']}
`
  return {
    configs: parseConfig(text, { file: join(folder, 'skaffold.yaml'), env: {} }),
    files: [join(folder, 'skaffold.yaml')],
  }
}

function watched(auto?: AutoOptions): WatchedFiles {
  const closed = (): Promise<never> => Promise.reject(new Error('nothing may be opened here'))
  const context: Context = {
    registry: closed,
    inspector: closed,
    builder: () => Promise.resolve(builder),
    connect: closed,
    google: () => Promise.reject(new Error('nothing goes to Google')),
    kubeContext: closed,
    host: { os: 'linux', architecture: 'amd64' },
    cwd: folder,
    runProcess: closed,
    env: {},
    emit: () => {},
    signal: new AbortController().signal,
    now: () => 0,
    runId: 'run',
  }
  const loaded = project()
  return watchFiles(context, () => loaded, auto)
}

test('everything that a project is made of is watched', async () => {
  const listed = (await watched().list()).map((path) => path.slice(folder.length + 1))
  const files = ['api/Dockerfile', 'k8s/pod.yaml', 'skaffold.yaml', 'web/Dockerfile', 'web/src/index.html']
  expect(listed).toEqual(expect.arrayContaining([...files, 'api', 'k8s', 'web']))
})

test.each([
  ['a file of one artifact', 'web/src/index.html', { reload: false, images: ['web'], redeploy: true }],
  ['a manifest', 'k8s/pod.yaml', { reload: false, images: [], redeploy: true }],
  ['skaffold.yaml', 'skaffold.yaml', { reload: true, images: 'all', redeploy: true }],
  ['something else', 'README.md', { reload: false, images: [], redeploy: false }],
  ['a folder whose files are the same', 'web/src', { reload: false, images: [], redeploy: false }],
])('%s', async (_, path, work) => {
  const files = watched()
  await files.list()
  expect((await files.judge([join(folder, path)])).work).toEqual(work)
})

test('only paths that matter are named', async () => {
  const files = watched()
  await files.list()
  const judged = await files.judge([join(folder, 'README.md'), join(folder, 'web/Dockerfile')])
  expect(judged.paths).toEqual([join(folder, 'web/Dockerfile')])
})

test.each([
  ['a new file', (): void => write('web/src/new.html'), 'web/src/new.html', ['web']],
  ['a new manifest', (): void => write('k8s/new.yaml'), 'k8s/new.yaml', []],
  ['a deleted file', (): void => rmSync(join(folder, 'web/src/index.html')), 'web/src/index.html', ['web']],
  ['a deleted folder', (): void => rmSync(join(folder, 'web/src'), { recursive: true }), 'web/src', ['web']],
  ['a folder that came with files', (): void => write('web/more/a.txt'), 'web/more', ['web']],
])('%s', async (_, change, path, images) => {
  const files = watched()
  await files.list()
  change()
  // the watcher lists the files anew before it is asked what the change means
  await files.list()
  const { work } = await files.judge([join(folder, path)])
  expect(work).toEqual({ reload: false, images, redeploy: true })
  const again = await files.judge([join(folder, 'web/README')])
  expect(again.work.redeploy).toBe(false)
})

test('a Dockerfile that is broken for the moment keeps the former files', async () => {
  const files = watched()
  await files.list()
  dependencies = (contextFolder) => {
    if (contextFolder.endsWith('web')) throw new ToolError('USAGE', 'line 3 makes no sense')
    return filesBelow(contextFolder)
  }
  expect((await files.judge([join(folder, 'web/Dockerfile')])).work.images).toEqual(['web'])
  expect(await files.list()).toContain(join(folder, 'web/src/index.html'))
})

test('a Dockerfile that is broken from the start is an error', async () => {
  dependencies = () => {
    throw new ToolError('USAGE', 'line 3 makes no sense')
  }
  await expect(watched().list()).rejects.toThrow('line 3')
})

const nothing = { build: false, sync: false, deploy: false }

test.each<[string, Partial<AutoOptions>, string, object]>([
  ['nothing: an artifact', {}, 'web/Dockerfile', { reload: false, images: [], redeploy: false }],
  ['nothing: a manifest', {}, 'k8s/pod.yaml', { reload: false, images: [], redeploy: false }],
  ['nothing: skaffold.yaml all the same', {}, 'skaffold.yaml', { reload: true, images: 'all', redeploy: true }],
  ['only builds', { build: true }, 'web/Dockerfile', { reload: false, images: ['web'], redeploy: false }],
  ['only deploys: a manifest', { deploy: true }, 'k8s/pod.yaml', { reload: false, images: [], redeploy: true }],
  ['only deploys: an artifact', { deploy: true }, 'web/Dockerfile', { reload: false, images: [], redeploy: false }],
])('by itself happens %s', async (_, auto, path, work) => {
  const files = watched({ ...nothing, ...auto })
  await files.list()
  const judged = await files.judge([join(folder, path)])
  expect(judged.work).toEqual(work)
})

test('a file is copied into containers where images are not built', async () => {
  const files = watched({ ...nothing, sync: true })
  await files.list()
  const { work, paths } = await files.judge([join(folder, 'web/Dockerfile'), join(folder, 'synced/page.html')])
  expect(work).toMatchObject({ images: [], redeploy: false, syncs: [{ image: 'synced' }] })
  expect(paths).toEqual([join(folder, 'synced/page.html')])
})
