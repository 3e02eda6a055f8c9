import { spawn, type ChildProcess } from 'node:child_process'
import { join, resolve } from 'node:path'

/** The compiled command line. */
const cliPath = resolve(import.meta.dirname, '../../dist/cli/main.js')

/** How a CLI process ended, with all it wrote. */
export interface CliResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** Both streams in the order in which they arrived. */
  readonly output: string
}

/** A CLI process that goes on. */
export interface RunningCli {
  readonly pid: number
  /** What was written so far, both streams. */
  output(): string
  stdout(): string
  /** Resolves as soon as the output has the text or matches; fails with the whole output when the process ends before. */
  waitFor(pattern: string | RegExp): Promise<string>
  signal(name: 'SIGHUP' | 'SIGINT' | 'SIGKILL' | 'SIGTERM'): void
  readonly ended: Promise<CliResult>
}

export interface CliOptions {
  readonly cwd: string
  /** The whole environment: nothing of this machine's Docker, Kubernetes or Skaffold settings gets in. */
  readonly env: Readonly<Record<string, string>>
  /** Another Node than the one that runs the tests. */
  readonly node?: string
  /** Another CLI than the tree's, for instance an installed one. */
  readonly cli?: string
  readonly input?: string
}

/** Starts the CLI as a user would. */
export function startCli(args: readonly string[], options: CliOptions): RunningCli {
  const child = spawn(options.node ?? process.execPath, [options.cli ?? cliPath, ...args], {
    cwd: options.cwd,
    env: options.env,
    stdio: 'pipe',
  })
  child.stdin.on('error', () => {})
  child.stdin.end(options.input ?? '')
  const written = collect(child)
  const ended = new Promise<CliResult>((settle, reject) => {
    child.on('error', reject)
    child.on('close', (code) => settle({ code, ...written }))
  })
  ended.catch(() => {})
  return {
    pid: child.pid ?? 0,
    output: () => written.output,
    stdout: () => written.stdout,
    waitFor: (pattern) => waitFor(child, written, pattern),
    signal: (name) => void child.kill(name),
    ended,
  }
}

interface Written {
  stdout: string
  stderr: string
  output: string
}

function collect(child: ChildProcess): Written {
  const written: Written = { stdout: '', stderr: '', output: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (text: string) => {
      written[stream] += text
      written.output += text
    })
  }
  return written
}

function waitFor(child: ChildProcess, written: Written, pattern: string | RegExp): Promise<string> {
  return new Promise((settle, reject) => {
    const look = (): void => {
      const found = typeof pattern === 'string' ? written.output.includes(pattern) : pattern.test(written.output)
      if (found) settle(written.output)
    }
    child.stdout?.on('data', look)
    child.stderr?.on('data', look)
    child.on('close', (code) => {
      look()
      reject(new Error(`ended with ${String(code)} before ${String(pattern)} was printed:\n${written.output}`))
    })
    look()
  })
}

/** A folder of examples/. */
export function exampleFolder(name: string): string {
  return join(resolve(import.meta.dirname, '../../examples'), name)
}
