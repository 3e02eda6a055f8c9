import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fakePrograms } from '../../test/support/fake-programs.ts'
import type { CustomTest, TestCase } from '../config/index.ts'
import type { Event } from '../events/index.ts'
import { runProcess } from '../subprocess/index.ts'
import { createCustomTester, createStructureTester, type TestRequest } from './index.ts'

let folder = ''
let events: Event[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catamaran-test-'))
  events = []
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const env = { PATH: process.env['PATH'], MINE: 'kept' }
const request = (members: Partial<TestCase>, more: Partial<TestRequest> = {}): TestRequest => ({
  testCase: { image: 'app', context: '.', custom: [], structureTests: [], structureTestsArgs: [], ...members },
  reference: 'registry.example.com/app:v1@sha256:00',
  isLocal: false,
  folder,
  emit: (event) => events.push(event),
  signal: new AbortController().signal,
  ...more,
})
const output = (): readonly string[] => events.flatMap((event) => (event.type === 'testOutput' ? [event.text] : []))

describe('custom tests', () => {
  const custom = createCustomTester({ runProcess, env })
  const run = (...commands: readonly CustomTest[]): Promise<void> => custom.test(request({ custom: commands }))

  test('have the image, their folder and the environment', async () => {
    await run({ command: 'echo "$IMAGE $TEST_CONTEXT $MINE"; pwd' })
    expect(output()).toEqual([`registry.example.com/app:v1@sha256:00 ${folder} kept`, folder])
    expect(events.map(({ type }) => type)).toEqual(['testStarted', 'testOutput', 'testOutput', 'testSucceeded'])
  })

  test('stop at the first that fails', async () => {
    await expect(run({ command: 'echo one' }, { command: 'exit 3' }, { command: 'echo three' })).rejects.toMatchObject({
      code: 'TEST_FAILED',
      message: 'the test "exit 3" of app failed: it exited with 3',
    })
    expect(output()).toEqual(['one'])
  })

  test('are ended when their time is over', async () => {
    await expect(run({ command: 'exec sleep 60', timeoutSeconds: 0.1 })).rejects.toThrow('it took longer than 0.1 s')
    expect(events.at(-1)).toMatchObject({ type: 'testFailed' })
  })

  test('are ended with the command that runs them', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const emit = (event: Event): void => {
      if (event.type === 'testOutput') controller.abort(reason)
    }
    const commands = [{ command: 'echo up; exec sleep 60' }]
    await expect(custom.test(request({ custom: commands }, { emit, signal: controller.signal }))).rejects.toBe(reason)
  })

  test.each([
    [{ paths: ['*.txt'], ignore: ['b*'] }, ['', 'a.txt']],
    [{ command: 'echo \'["x/y.go", "/abs"]\'' }, ['x/y.go', '/abs']],
    [{}, []],
    [undefined, []],
  ])('depend on %j', async (dependencies, expected) => {
    await writeFile(join(folder, 'a.txt'), '')
    await writeFile(join(folder, 'b.txt'), '')
    const commands = [{ command: 'true', ...(dependencies === undefined ? {} : { dependencies }) }]
    const found = await custom.dependencies(request({ custom: commands }))
    const files = expected.map((path) => (path.startsWith('/') ? path : join(folder, path))).toSorted()
    expect(found).toEqual(files)
  })

  test.each([
    ['echo no', 'it printed no JSON list of paths'],
    ['echo bad >&2; exit 2', 'it exited with 2: bad'],
  ])('that list dependencies with "%s" are refused', async (command, message) => {
    const commands = [{ command: 'true', dependencies: { command } }]
    await expect(custom.dependencies(request({ custom: commands }))).rejects.toMatchObject({
      code: 'TEST_DEPENDENCIES_INVALID',
      message: expect.stringContaining(message) as string,
    })
  })
})

describe('structure tests', () => {
  beforeEach(async () => {
    await mkdir(join(folder, 'test'))
    await writeFile(join(folder, 'test/a.yaml'), '')
    await writeFile(join(folder, 'test/b.yaml'), '')
  })

  test.each([
    [false, ['--pull']],
    [true, []],
  ])('run once for all files; the image is on this machine: %s', async (isLocal, pull) => {
    const programs = await fakePrograms({ 'container-structure-test': '' })
    const structure = createStructureTester({ runProcess, env: programs.env })
    const asked = request({ structureTests: ['test/*'], structureTestsArgs: ['--driver=tar'] }, { isLocal })
    await structure.test(asked)
    const [call] = await programs.calls()
    const configs = ['--config', join(folder, 'test/a.yaml'), '--config', join(folder, 'test/b.yaml')]
    expect(call?.args).toEqual(['test', '-v', 'warn', '--image', asked.reference, ...pull, ...configs, '--driver=tar'])
    expect(await structure.dependencies(asked)).toEqual([join(folder, 'test/a.yaml'), join(folder, 'test/b.yaml')])
    await programs.close()
  })

  test('that fail', async () => {
    const programs = await fakePrograms({ 'container-structure-test': 'console.log("FAIL"); process.exitCode = 1' })
    const structure = createStructureTester({ runProcess, env: programs.env })
    await expect(structure.test(request({ structureTests: ['test/*'] }))).rejects.toMatchObject({ code: 'TEST_FAILED' })
    expect(output()).toEqual(['FAIL'])
    await programs.close()
  })

  test('without the program say what to install', async () => {
    const structure = createStructureTester({ runProcess, env: { PATH: folder } })
    await expect(structure.test(request({ structureTests: ['test/*'] }))).rejects.toMatchObject({
      code: 'PROGRAM_MISSING',
      hint: 'install container-structure-test, or pass --skip-tests',
    })
    await structure.test(request({}))
  })

  test('without files say so', async () => {
    const structure = createStructureTester({ runProcess, env })
    await expect(structure.test(request({ structureTests: ['none/*'] }))).rejects.toMatchObject({
      code: 'WORKSPACE_NO_MATCH',
    })
  })
})
