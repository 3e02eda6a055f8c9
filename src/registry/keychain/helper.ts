import * as v from 'valibot'
import { isToolError, ToolError } from '../../errors/index.ts'
import type { Emit } from '../../events/index.ts'
import type { RunProcess } from '../../subprocess/index.ts'
import type { Credentials } from '../auth/credentials.ts'

/** What asking a credential helper needs. */
export interface HelperOutside {
  readonly runProcess: RunProcess
  readonly env: Readonly<Record<string, string | undefined>>
  readonly emit: Emit
}

/** @see https://github.com/docker/docker-credential-helpers#development */
const answerSchema = v.looseObject({ Username: v.optional(v.string(), ''), Secret: v.string() })

/**
 * Asks `docker-credential-NAME` for a server's credentials. Public images need none: a helper that is missing or fails
 * is a warning, and undefined.
 */
export async function askHelper(
  name: string,
  server: string,
  { runProcess, env, emit }: HelperOutside,
): Promise<Credentials | undefined> {
  const command = `docker-credential-${name}`
  try {
    const { status, stdout, stderr } = await runProcess({ command, args: ['get'], input: server, env })
    if (status === 0) return parseAnswer(stdout, command)
    if (isNotFound(stdout)) return undefined
    emit({ type: 'warning', text: `${command} gave no credentials for ${server}: ${lastLine(stderr || stdout)}` })
  } catch (error) {
    if (!isToolError(error)) throw error
    const text =
      error.code === 'PROGRAM_MISSING'
        ? `the credential helper ${command} is not installed; going on without credentials for ${server}`
        : error.message
    emit({ type: 'warning', text, hint: `install ${command}, or remove it from docker's config.json` })
  }
  return undefined
}

function parseAnswer(stdout: string, command: string): Credentials {
  const parsed = v.safeParse(answerSchema, tryJson(stdout))
  if (!parsed.success) throw new ToolError('PROGRAM_FAILED', `${command} did not print credentials`)
  const { Username: username, Secret: secret } = parsed.output
  if (username === '<token>') return { kind: 'identityToken', username: '', token: secret }
  return { kind: 'basic', username, password: secret }
}

/** Helpers say it on standard output, in words that have stayed the same. */
function isNotFound(stdout: string): boolean {
  return /credentials not found|no credentials server URL|The specified item could not be found/i.test(stdout)
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
