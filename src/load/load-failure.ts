import { ToolError } from '../errors/index.ts'
import type { RunOutcome, RunSpec } from '../subprocess/index.ts'
import { isToolError } from '../errors/index.ts'
import type { LoadOutside } from './contract.ts'

/** A program that has to succeed. */
export interface LoadCall extends Pick<RunSpec, 'args' | 'command' | 'inputFile'> {
  /** Whose sake it is for. */
  readonly reference: string
  /** In place of the usual environment. */
  readonly env?: LoadOutside['env']
}

/**
 * Runs a program that loads an image.
 * @throws IMAGE_LOAD_FAILED with what it says
 */
export async function runLoad(
  { reference, ...call }: LoadCall,
  { runProcess, env, signal }: LoadOutside,
): Promise<string> {
  const outcome = await start({ reference, ...call }, () => runProcess({ env, signal, ...call }))
  if (outcome.status === 0) return outcome.stdout
  const said = (outcome.stderr.trim() || outcome.stdout.trim()).split('\n').slice(-3).join('\n')
  throw failed(reference, `${call.command} ${call.args.slice(0, 2).join(' ')}: ${said}`)
}

async function start({ reference, command }: LoadCall, run: () => Promise<RunOutcome>): Promise<RunOutcome> {
  try {
    return await run()
  } catch (error) {
    if (!isToolError(error, 'PROGRAM_MISSING')) throw error
    throw failed(reference, `${command} is not installed`, error)
  }
}

function failed(reference: string, why: string, cause?: unknown): ToolError {
  return new ToolError('IMAGE_LOAD_FAILED', `unable to load image "${reference}" into the cluster: ${why}`, {
    hint: 'correct what is said, or push to a registry with --push and --default-repo',
    cause,
  })
}
