import { mkdtemp, mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseReference } from '../reference/index.ts'
import { runProcess } from '../subprocess/index.ts'
import { artifactHookVariables, runHostHooks, type HookOutside } from './hooks.ts'

let folder: string
let lines: string[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hooks-'))
  await mkdir(join(folder, 'sub'))
  lines = []
})
afterEach(async () => rm(folder, { recursive: true, force: true }))

function outside(more: Partial<HookOutside> = {}): HookOutside {
  const report = (line: string): void => void lines.push(line)
  return { runProcess, env: {}, folder, report, signal: new AbortController().signal, ...more }
}

const node = (code: string): readonly string[] => [process.execPath, '-e', code]

test('hooks run in their order, where they say, with their environment', async () => {
  await runHostHooks(
    [
      { command: node('console.log(process.env.WHO, require("path").basename(process.cwd()))'), dir: 'sub' },
      { command: node('console.error("two")') },
      { command: [] },
    ],
    outside({ env: { WHO: 'one' } }),
  )
  expect(lines).toEqual(['one sub', 'two'])
})

test('hooks of other systems are left out', async () => {
  const here = process.platform === 'win32' ? 'windows' : process.platform
  await runHostHooks(
    [
      { command: node('console.log("elsewhere")'), os: ['plan9'] },
      { command: node('console.log("here")'), os: ['plan9', here] },
      { command: node('console.log("everywhere")'), os: [] },
    ],
    outside(),
  )
  expect(lines).toEqual(['here', 'everywhere'])
})

test('a hook that fails ends it all', async () => {
  const hooks = [{ command: node('process.exit(3)') }, { command: node('console.log("never")') }]
  await expect(runHostHooks(hooks, outside())).rejects.toMatchObject({
    code: 'BUILD_HOOK_FAILED',
    message: expect.stringMatching(/^the build hook ".*process\.exit\(3\)" exited with 3$/) as string,
  })
  expect(lines).toEqual([])
})

test('an artifact tells its hooks what Skaffold tells them', () => {
  const build = {
    artifact: { image: 'app', context: 'app', builder: { kind: 'docker', dockerfile: 'Dockerfile', buildArgs: {} } },
    contextFolder: '/ctx',
    platforms: [],
    reference: parseReference('localhost:5000/team/app:v1'),
    push: true,
  } as const
  expect(artifactHookVariables(build)).toEqual({
    SKAFFOLD_IMAGE: 'localhost:5000/team/app:v1',
    SKAFFOLD_PUSH_IMAGE: 'true',
    SKAFFOLD_IMAGE_REPO: 'localhost:5000/team/app',
    SKAFFOLD_IMAGE_TAG: 'v1',
    SKAFFOLD_BUILD_CONTEXT: '/ctx',
  })
})
