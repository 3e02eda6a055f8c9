import { basename } from 'node:path'
import { isToolError, ToolError } from '../../../errors/index.ts'
import { formatPlatform, type Platform } from '../../../platform/index.ts'
import type { RunOutcome, RunProcess } from '../../../subprocess/index.ts'

/** What an engine is run with. */
export interface EngineOutside {
  readonly runProcess: RunProcess
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where the command was started: relative paths of its flags and secrets start here. */
  readonly cwd: string
}

/** One call of an engine's program that has to succeed. */
export interface EngineCall {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly report?: (line: string) => void
  /** Makes what the program prints into lines to be reported; absent: it prints them. */
  readonly reader?: (report: (line: string) => void) => LineReader
  readonly signal: AbortSignal
  /** For the error. */
  readonly about: { readonly image: string; readonly platform?: Platform }
}

/** Makes lines of what a program prints. */
export interface LineReader {
  /** Takes a line without its end. */
  read(line: string): void
  /** What has no end yet is said. */
  end(): void
}

/**
 * Runs a program that builds; what it prints is reported line by line.
 * @throws BUILD_TOOL_FAILED with the line that says why
 * @throws PROGRAM_MISSING
 */
export async function runTool(call: EngineCall, { runProcess, env, cwd }: EngineOutside): Promise<RunOutcome> {
  const { command, args, signal, report } = call
  const said: string[] = []
  const reader = call.reader?.((line) => {
    if (said.push(line) > keptLines) said.shift()
    report?.(line)
  })
  const onLine = reader === undefined ? report : (line: string): void => reader.read(line)
  const outcome = await runProcess({
    command,
    args,
    cwd,
    env: { ...env, ...call.env },
    signal,
    maxOutputBytes: 256 * 1024,
    ...(onLine === undefined ? {} : { onLine: (line: string) => onLine(line) }),
  })
  reader?.end()
  const { status, stdout, stderr } = outcome
  const output = reader === undefined ? `${stdout}\n${stderr}` : said.join('\n')
  if (status !== 0) throw failure(call, outcome, output)
  return outcome
}

/** The end of the output, where errors are. */
const keptLines = 2000

/**
 * The same for a program that not everybody has; `how` says how to get it.
 * @throws BUILD_TOOL_MISSING, BUILD_TOOL_FAILED
 */
export async function runInstalled(
  call: EngineCall & { readonly how: string; readonly cwd?: string },
  outside: EngineOutside,
): Promise<RunOutcome> {
  try {
    return await runTool(call, call.cwd === undefined ? outside : { ...outside, cwd: call.cwd })
  } catch (error) {
    if (!isToolError(error, 'PROGRAM_MISSING')) throw error
    const message = `${call.about.image} is built with ${call.command}, which is not on this machine`
    throw new ToolError('BUILD_TOOL_MISSING', message, { hint: call.how, cause: error })
  }
}

function failure({ command, about }: EngineCall, { status, signal }: RunOutcome, output: string): ToolError {
  const what = about.platform === undefined ? about.image : `${about.image} for ${formatPlatform(about.platform)}`
  const end = status === undefined ? `it was ended by ${signal ?? 'a signal'}` : `it exited with ${status}`
  const said = reasonIn(output)
  const message = `${basename(command)} could not build ${what}: ${said === '' ? end : said}`
  const isForeign = /exec format error/i.test(output)
  const hint = isForeign ? emulatorHint(about.platform) : `correct what ${basename(command)} says`
  return new ToolError('BUILD_TOOL_FAILED', message, { hint })
}

/** How to get emulation for a platform. */
export function emulatorHint(platform: Platform | undefined): string {
  return `install an emulator: docker run --privileged --rm tonistiigi/binfmt --install ${platform?.architecture ?? 'all'}`
}

/**
 * The line in which tools say why they gave up: Maven's first error, what Gradle says went wrong, else the last line that
 * begins with an error, else the last of all.
 */
export function reasonIn(output: string): string {
  const lines = output.split(/\r?\n/).filter((line) => line.trim() !== '')
  const maven =
    lines.find((line) => line.startsWith('[ERROR] Failed')) ?? lines.find((line) => /^\[ERROR\] \S/.test(line))
  const gradle = lines[lines.findIndex((line) => line.startsWith('* What went wrong')) + 1 || lines.length]
  const error = lines.findLast((line) => /^\s*(?:#\d+ ERROR|error)/i.test(line))
  const line = maven ?? gradle ?? error ?? lines.at(-1) ?? ''
  return line.trim().replace(/^(?:\[ERROR\]|#\d+ ERROR:|error:)\s*/i, '')
}
