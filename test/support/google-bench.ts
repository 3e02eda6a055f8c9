import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { main, type ProcessFacts } from '../../src/cli/run-main.ts'
import { startGoogleServer, type GoogleServer } from './google-server.ts'
import { pushWhatIsAsked } from './google-push.ts'
import { serveNewStore, type ServedRegistry } from './registry-server.ts'
import type { MainOutcome } from './run-main.ts'

/** A command line that runs in this process. */
export interface RunningMain {
  readonly ended: Promise<MainOutcome>
  /** Waits until something is said. */
  said(pattern: RegExp): Promise<void>
  interrupt(): void
}

/** Google's APIs, a registry, and a project of somebody who is logged in. */
export interface GoogleBench {
  readonly google: GoogleServer
  readonly registry: ServedRegistry
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  write(files: Readonly<Record<string, string>>): Promise<void>
  start(argv: readonly string[], env?: Readonly<Record<string, string | undefined>>): RunningMain
  run(argv: readonly string[], env?: Readonly<Record<string, string | undefined>>): Promise<MainOutcome>
  close(): Promise<void>
}

/** Makes all of it; the builds push to the registry what they are asked for. */
export async function aGoogleBench(): Promise<GoogleBench> {
  const folder = await mkdtemp(join(tmpdir(), 'google-bench-'))
  const registry = await serveNewStore('memory')
  const google = await startGoogleServer({ execute: pushWhatIsAsked })
  await mkdir(join(folder, 'project'))
  await mkdir(join(folder, 'gcloud'))
  await writeFile(join(folder, 'gcloud/application_default_credentials.json'), google.userFile)
  const env = {
    ...google.env,
    HOME: folder,
    CLOUDSDK_CONFIG: join(folder, 'gcloud'),
    XDG_CACHE_HOME: join(folder, 'cache'),
  }
  const start: GoogleBench['start'] = (argv, more = {}) =>
    startMain(argv, { cwd: join(folder, 'project'), env: { PATH: process.env['PATH'], ...env, ...more } })
  return {
    google,
    registry,
    folder,
    env,
    async write(files) {
      for (const [name, text] of Object.entries(files)) {
        const path = join(folder, 'project', name)
        await mkdir(dirname(path), { recursive: true })
        await writeFile(path, text)
      }
    },
    start,
    run: async (argv, more) => start(argv, more).ended,
    async close() {
      await Promise.all([google.close(), registry.close()])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function startMain(
  argv: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>> },
): RunningMain {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const texts = { stdout: '', stderr: '' }
  const changed = new PassThrough()
  for (const [name, stream] of Object.entries({ stdout, stderr })) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      texts[name as 'stderr' | 'stdout'] += text
      changed.emit('news')
    })
  }
  let signal: Parameters<ProcessFacts['onSignal']>[0] = () => {}
  const facts = { argv, env, cwd, stdout, stderr, onCrash() {}, quit() {} }
  const ended = main({ ...facts, onSignal: (listener) => void (signal = listener) }).then((status) => {
    changed.emit('news')
    return { status, ...texts }
  })
  return {
    ended,
    interrupt: () => signal('SIGINT'),
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (pattern.test(texts.stderr + texts.stdout)) resolve()
        }
        changed.on('news', look)
        void ended.then(() => reject(new Error(`never said ${String(pattern)}:\n${texts.stderr}`)))
        look()
      }),
  }
}
