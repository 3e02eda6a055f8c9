import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fakePrograms, type FakePrograms } from '../../../../test/support/fake-programs.ts'
import {
  anImageFor,
  aToolBench,
  writeDockerArchive,
  writeLayout,
  type ToolBench,
} from '../../../../test/support/tool-builds.ts'
import type { BazelArtifact } from '../../../config/index.ts'
import { parsePlatform } from '../../../platform/index.ts'
import { runProcess } from '../../../subprocess/index.ts'
import { configurationArguments, filesOfLabels } from './bazel-arguments.ts'
import { createBazelBuilder } from './bazel-builder.ts'

const platforms = [
  { platform: 'linux/amd64', target: '//platforms:x86' },
  { platform: 'linux/arm64', target: '//platforms:arm' },
]
const bazel = (more: Partial<BazelArtifact> = {}): BazelArtifact => ({ kind: 'bazel', target: '//:app.tar', ...more })

test.each([
  ['linux/amd64', bazel({ platforms }), ['--platforms=//platforms:x86']],
  ['linux/arm64/v8', bazel({ platforms, args: ['-c', 'opt'] }), ['-c', 'opt', '--platforms=//platforms:arm']],
  ['linux/s390x', bazel({ platforms }), []],
  ['linux/amd64', bazel(), []],
])('flags for %s', (text, artifact, expected) => {
  const platform = parsePlatform(text, { os: 'linux', architecture: 'amd64' })
  expect(configurationArguments(artifact, platform)).toEqual(expected)
})

test('labels of the workspace are files, others are not', () => {
  const labels = '//a/b:c.go\n//:main.go\n//a:d/e.go\n@@rules_go//go:def.bzl\n@repo//x:y\n//external:z\n//a/b:c.go\n'
  expect(filesOfLabels(labels)).toEqual(['a/b/c.go', 'a/d/e.go', 'main.go'])
})

let bench: ToolBench
let programs: FakePrograms
beforeEach(async () => {
  bench = await aToolBench()
  await mkdir(join(bench.context, 'out'))
  programs = await fakePrograms({
    bazel: `const answers = {
      build: '', cquery: fs.readFileSync('made', 'utf8'), query: '//:main.go\\n//:gone.go\\n',
      info: process.cwd() + (args.includes('execution_root') ? '/out' : ''),
    }
    console.log(answers[args[0]])`,
  })
})
afterEach(async () => {
  await programs.close()
  await bench.close()
})

function builder(): ReturnType<typeof createBazelBuilder> {
  return createBazelBuilder({ runProcess, env: programs.env, cwd: '/', workFolder: bench.workFolder })
}

test('an archive is read', async () => {
  await writeDockerArchive(join(bench.context, 'out/app.tar'), 'arm64')
  await writeFile(join(bench.context, 'made'), 'app.tar\n')
  const result = await builder().build(bench.request(bazel({ platforms }), 'linux/arm64'))
  expect(result).toMatchObject({ kind: 'images', images: [{ platform: { architecture: 'arm64' } }] })
  const [first] = await programs.calls()
  expect(first).toMatchObject({
    args: ['build', '//:app.tar', '--platforms=//platforms:arm', '--color=no', '--curses=no'],
    cwd: bench.context,
  })
})

test('a layout is read', async () => {
  await writeLayout(join(bench.context, 'out/image'), [await anImageFor('amd64')])
  await writeFile(join(bench.context, 'made'), 'image\n')
  const result = await builder().build(bench.request(bazel(), 'linux/amd64'))
  expect(result).toMatchObject({ kind: 'images', images: [{ platform: { architecture: 'amd64' } }] })
})

test('a platform without its mapping gives the host, which is not taken for another', async () => {
  await writeDockerArchive(join(bench.context, 'out/app.tar'), 'amd64')
  await writeFile(join(bench.context, 'made'), 'app.tar\n')
  await expect(builder().build(bench.request(bazel(), 'linux/arm64'))).rejects.toMatchObject({
    code: 'BUILD_RESULT_INVALID',
  })
})

test('platforms that are made in the same place do not get into each other', async () => {
  for (const [name, architecture] of [['x86', 'amd64'] as const, ['arm', 'arm64'] as const]) {
    await writeDockerArchive(join(bench.context, `${name}.tar`), architecture)
  }
  await programs.close()
  programs = await fakePrograms({
    bazel: `const [, name] = /--platforms=..platforms:(\\w+)/.exec(args.join(' ')) ?? []
    if (args[0] === 'build') fs.copyFileSync(name + '.tar', 'out/app.tar')
    console.log(args[0] === 'cquery' ? 'app.tar' : process.cwd() + (args.includes('execution_root') ? '/out' : ''))`,
  })
  const both = builder()
  const results = await Promise.all(
    ['linux/amd64', 'linux/arm64'].map(async (text) => both.build(bench.request(bazel({ platforms }), text))),
  )
  expect(results).toMatchObject([
    { images: [{ platform: { architecture: 'amd64' } }] },
    { images: [{ platform: { architecture: 'arm64' } }] },
  ])
})

test('a target that makes nothing', async () => {
  await writeFile(join(bench.context, 'made'), '\n')
  await expect(builder().build(bench.request(bazel(), 'linux/amd64'))).rejects.toThrow(/makes no file/)
})

test('it depends on the sources of the target and on what configures bazel', async () => {
  for (const name of ['made', 'main.go', 'MODULE.bazel', 'other.go']) await writeFile(join(bench.context, name), '')
  const files = await builder().dependencies(bench.request(bazel(), 'linux/amd64'))
  expect(files.map((path) => path.slice(bench.context.length + 1))).toEqual(['MODULE.bazel', 'main.go'])
})
