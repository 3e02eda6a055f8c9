import { PassThrough } from 'node:stream'
import { expect, test, vi } from 'vitest'
import type { Event } from '../../events/index.ts'
import type { Terminal } from '../terminal.ts'
import { createReporter } from './index.ts'

const events: readonly Event[] = [
  { type: 'listingFiles', images: ['skaffold-example'] },
  { type: 'tagsStarted' },
  { type: 'tagGenerated', image: 'skaffold-example', reference: 'reg.io/skaffold-example:v1' },
  { type: 'buildsStarted' },
  { type: 'buildStarted', image: 'skaffold-example', platforms: ['linux/amd64', 'linux/arm64'] },
  { type: 'buildOutput', image: 'skaffold-example', platform: 'linux/arm64', text: 'COPY a /' },
  {
    type: 'buildSucceeded',
    image: 'skaffold-example',
    reference: 'reg.io/x',
    platforms: ['linux/amd64'],
    durationMs: 12,
  },
  { type: 'deployStarted' },
  { type: 'resourceApplied', resource: 'pod/getting-started', action: 'created' },
  { type: 'statusStarted' },
  { type: 'resourceReady', resource: 'pods', remaining: 0, total: 1 },
  { type: 'resourceReady', resource: 'deployment/web', remaining: 1, total: 2 },
  { type: 'stabilized', durationMs: 1234 },
  { type: 'placed', resource: 'pod/getting-started', platforms: [], reason: 'its image runs anywhere' },
  { type: 'warning', text: 'careful: https://user:secret@host', hint: 'do this' },
  { type: 'watching' },
  { type: 'log', pod: 'getting-started', container: 'getting-started', text: 'Hello world!' },
]

async function report(
  options: Parameters<typeof createReporter>[1],
  hasColors = false,
): Promise<{ stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const terminal: Terminal = { stdout, stderr, isInteractive: false, hasColors, columns: 80 }
  const reporter = await createReporter(terminal, options)
  for (const event of events) reporter.emit(event)
  reporter.close()
  return { stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') }
}

test("plain lines are Skaffold's, warnings go to stderr without secrets", async () => {
  const { stdout, stderr } = await report({ progress: 'plain', answersOnStdout: false, quiet: false })
  expect(stdout).toMatchInlineSnapshot(`
    "Listing files to watch...
     - skaffold-example
    Generating tags...
     - skaffold-example -> reg.io/skaffold-example:v1
    Starting build...
    Building [skaffold-example]...
    Target platforms: [linux/amd64,linux/arm64]
    [linux/arm64] COPY a /
    Build [skaffold-example] succeeded
    Starting deploy...
     - pod/getting-started created
    Waiting for deployments to stabilize...
     - pods is ready.
     - deployment/web is ready. [1/2 deployment(s) still pending]
    Deployments stabilized in 1.234 seconds
    Press Ctrl+C to exit
    Watching for changes...
    [getting-started] Hello world!
    "
  `)
  expect(stderr).toBe('WARN careful: https://***@host\n  fix: do this\n')
})

test('a command that answers on stdout reports on stderr', async () => {
  const { stdout, stderr } = await report({ progress: 'plain', answersOnStdout: true, quiet: false })
  expect(stdout).toBe('')
  expect(stderr).toContain('Starting build...')
})

test('quiet keeps warnings only', async () => {
  const { stdout, stderr } = await report({ progress: 'plain', answersOnStdout: true, quiet: true })
  expect(stdout).toBe('')
  expect(stderr).toContain('WARN careful')
  expect(stderr).not.toContain('Starting build')
})

test('json is one event a line', async () => {
  const { stderr } = await report({ progress: 'json', answersOnStdout: false, quiet: false })
  const parsed = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event)
  expect(parsed.map((event) => event.type)).toEqual(events.map((event) => event.type))
  expect(stderr).not.toContain('secret@')
})

test('colours only where they are wanted', async () => {
  const { stdout } = await report({ progress: 'tty', answersOnStdout: false, quiet: false }, true)
  expect(stdout).toContain('\u001B[32msucceeded\u001B[39m')
})

test('the moving line says what goes on, and is wiped before anything else is printed and at the end', async () => {
  vi.useFakeTimers()
  try {
    const stdout = new PassThrough()
    const terminal: Terminal = { stdout, stderr: stdout, isInteractive: true, hasColors: false, columns: 20 }
    const reporter = await createReporter(terminal, { progress: 'auto', answersOnStdout: false, quiet: false })
    reporter.emit({ type: 'buildStarted', image: 'a-rather-long-name', platforms: [] })
    vi.advanceTimersByTime(100)
    reporter.emit({ type: 'info', text: 'between' })
    vi.advanceTimersByTime(100)
    reporter.close()
    vi.advanceTimersByTime(1000)
    expect(String(stdout.read()).split('Target platforms: []\n')[1]).toBe(
      '\r\u001B[2K⠙ building a-rathe…\r\u001B[2Kbetween\n\r\u001B[2K⠹ building a-rathe…\r\u001B[2K',
    )
  } finally {
    vi.useRealTimers()
  }
})

test('blobs on their way have a line each above it, and all are wiped', async () => {
  vi.useFakeTimers()
  try {
    const stdout = new PassThrough()
    const terminal: Terminal = { stdout, stderr: stdout, isInteractive: true, hasColors: false, columns: 31 }
    const reporter = await createReporter(terminal, { progress: 'auto', answersOnStdout: false, quiet: false })
    const blob = { image: 'app', digest: `sha256:${'0'.repeat(64)}`, sizeBytes: 9000 }
    reporter.emit({ type: 'blobProgress', ...blob, doneBytes: 1000 })
    reporter.emit({ type: 'blobProgress', ...blob, digest: `sha256:${'1'.repeat(64)}`, doneBytes: 2000 })
    vi.advanceTimersByTime(100)
    reporter.emit({ type: 'info', text: 'between' })
    reporter.emit({ type: 'blobPushed', ...blob, how: 'uploaded' })
    vi.advanceTimersByTime(100)
    reporter.close()
    expect(String(stdout.read())).toBe(
      '\r\u001B[2K  sha256:000000000000  1kB/9kB\n  sha256:111111111111  2kB/9kB' +
        '\r\u001B[2K\u001B[1A\u001B[2Kbetween\n\r\u001B[2K  sha256:111111111111  2kB/9kB\r\u001B[2K',
    )
  } finally {
    vi.useRealTimers()
  }
})

test('info explains choices, error leaves warnings out', async () => {
  const quiet = { progress: 'plain', answersOnStdout: false, quiet: false } as const
  const info = await report({ ...quiet, verbosity: 'info' })
  expect(info.stdout).toContain('INFO pod/getting-started: its image runs anywhere\n')
  expect(info.stderr).toContain('WARN careful')
  const error = await report({ ...quiet, verbosity: 'error' })
  expect(error.stdout).not.toContain('INFO')
  expect(error.stderr).toBe('')
})
