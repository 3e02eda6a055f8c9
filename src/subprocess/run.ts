import { StringDecoder } from 'node:string_decoder'
import { ToolError } from '../errors/index.ts'
import { spawnProcess, type ProcessExit, type ProcessSpec } from './spawn.ts'

/** A program to run to its end, and what to do with its output. */
export interface RunSpec extends ProcessSpec {
  /** Called with every line of either stream, without its newline. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void
  /** Output kept per stream; more is dropped from the front. 16 MiB when absent. */
  readonly maxOutputBytes?: number
}

/** How a program ended. A status other than 0 is the caller's to judge. */
export interface RunOutcome extends ProcessExit {
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end. */
export type RunProcess = (spec: RunSpec) => Promise<RunOutcome>

const defaultMaxOutputBytes = 16 * 1024 * 1024

/**
 * Runs a program and gathers what it prints.
 * @throws PROGRAM_MISSING when there is no such program
 * @throws the signal's reason when it was aborted
 */
export async function runProcess(spec: RunSpec): Promise<RunOutcome> {
  const running = await spawnProcess(spec)
  const [stdout, stderr, exit] = await Promise.all([
    gather(running.stdout, spec, 'stdout'),
    gather(running.stderr, spec, 'stderr'),
    running.exited,
  ])
  spec.signal?.throwIfAborted()
  return { ...exit, stdout, stderr }
}

/** Runs a line that the user's config writes as a shell command: `sh -c`, on Windows `cmd /s /c`. */
export async function runShell(commandLine: string, spec: Omit<RunSpec, 'command' | 'args'>): Promise<RunOutcome> {
  const isWindows = process.platform === 'win32'
  return runProcess({
    ...spec,
    command: isWindows ? 'cmd.exe' : 'sh',
    args: isWindows ? ['/d', '/s', '/c', commandLine] : ['-c', commandLine],
  })
}

/**
 * Like {@link runProcess}, for programs whose failure is an error here: gives stdout.
 * @throws PROGRAM_FAILED with the last lines it printed
 */
export async function runForOutput(run: RunProcess, spec: RunSpec): Promise<string> {
  const outcome = await run(spec)
  if (outcome.status === 0) return outcome.stdout
  const end =
    outcome.status === undefined ? `was ended by ${outcome.signal ?? 'a signal'}` : `exited with ${outcome.status}`
  const said = (outcome.stderr.trim() || outcome.stdout.trim()).split('\n').slice(-5).join('\n')
  throw new ToolError(
    'PROGRAM_FAILED',
    `${[spec.command, ...spec.args].join(' ')} ${end}${said === '' ? '' : `: ${said}`}`,
  )
}

async function gather(stream: AsyncIterable<Uint8Array>, spec: RunSpec, name: 'stdout' | 'stderr'): Promise<string> {
  const decoder = new StringDecoder('utf8')
  const limit = spec.maxOutputBytes ?? defaultMaxOutputBytes
  let kept = ''
  let partial = ''
  for await (const chunk of stream) {
    const text = decoder.write(Buffer.from(chunk))
    kept = (kept + text).slice(-limit)
    if (spec.onLine === undefined) continue
    const lines = (partial + text).split(/\r?\n/)
    partial = lines.pop() ?? ''
    for (const line of lines) spec.onLine(line, name)
  }
  if (partial !== '') spec.onLine?.(partial, name)
  return kept
}
