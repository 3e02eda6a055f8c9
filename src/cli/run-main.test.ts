import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { main, type ProcessFacts } from './run-main.ts'

// everything that a command loads is compiled at its first call
vi.setConfig({ testTimeout: 30_000 })

type SignalName = Parameters<Parameters<ProcessFacts['onSignal']>[0]>[0]

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catamaran-run-main-'))
  await writeFile(join(folder, 'Dockerfile'), 'FROM scratch\n')
  await writeFile(
    join(folder, 'skaffold.yaml'),
    'apiVersion: skaffold/v4beta14\nkind: Config\nbuild: {artifacts: [{image: app}]}\nmanifests: {rawYaml: []}\n',
  )
})

afterAll(async () => {
  await rm(folder, { recursive: true })
})

interface Ended {
  readonly code: number
  readonly quits: readonly number[]
  readonly stderr: string
}

/** Runs a command line that gets signals before it has done anything. */
async function runStopped(argv: readonly string[], signals: readonly SignalName[]): Promise<Ended> {
  const quits: number[] = []
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  stdout.resume()
  const code = await main({
    argv,
    env: { HOME: folder },
    cwd: folder,
    stdout,
    stderr,
    onSignal(listener) {
      // as soon as main has taken it, which it does at once
      queueMicrotask(() => {
        for (const name of signals) listener(name)
      })
    },
    onCrash() {},
    quit: (status) => quits.push(status),
  })
  return { code, quits, stderr: String(stderr.read() ?? '') }
}

describe('stopped before it was up,', () => {
  test.each([
    ['dev', 'SIGINT', 0],
    ['sandbox', 'SIGINT', 0],
    ['registry serve', 'SIGTERM', 0],
    ['build', 'SIGINT', 130],
    ['build', 'SIGHUP', 130],
  ] as const)('%s ends by %s with %i', async (words, signal, code) => {
    expect(await runStopped(words.split(' '), [signal])).toMatchObject({ code, quits: [] })
  })
})

describe('a second', () => {
  test('Ctrl+C quits at once', async () => {
    expect(await runStopped(['build'], ['SIGINT', 'SIGINT'])).toMatchObject({ quits: [130] })
  })

  test('hang-up lets it clean up', async () => {
    expect(await runStopped(['build'], ['SIGHUP', 'SIGHUP'])).toMatchObject({ quits: [] })
  })
})

test('a closed terminal, which no longer takes what is written, is no crash', async () => {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  stdout.resume()
  const facts = { argv: ['build'], env: { HOME: folder }, cwd: folder, stdout, stderr, onCrash() {}, quit() {} }
  const code = await main({
    ...facts,
    onSignal() {
      queueMicrotask(() => {
        // without a listener this throws
        for (const stream of [stderr, stdout]) stream.emit('error', Object.assign(new Error('EIO'), { code: 'EIO' }))
      })
    },
  })
  expect(code).toBe(0)
})
