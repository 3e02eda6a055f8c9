import { resolve } from 'node:path'
import type { HostHook } from '../config/index.ts'
import { ToolError } from '../errors/index.ts'
import type { Reference } from '../reference/index.ts'
import { formatFamiliar } from '../reference/index.ts'
import type { RunProcess } from '../subprocess/index.ts'
import type { ScheduledBuild } from './schedule.ts'

/** What hooks are run with. */
export interface HookOutside {
  readonly runProcess: RunProcess
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute; where hooks run that say nothing else, and where relative folders start. */
  readonly folder: string
  readonly report: (line: string) => void
  readonly signal: AbortSignal
}

/**
 * Runs commands on this machine, one after the other; those for other systems are left out.
 * @throws BUILD_HOOK_FAILED, PROGRAM_MISSING
 * @see https://skaffold.dev/docs/lifecycle-hooks/
 */
export async function runHostHooks(hooks: readonly HostHook[], outside: HookOutside): Promise<void> {
  for (const hook of hooks) {
    if (hook.os === undefined || hook.os.length === 0 || hook.os.includes(systemName())) await runHook(hook, outside)
  }
}

/** What the hooks of an artifact find in their environment, beside what all hooks find. */
export function artifactHookVariables({ reference, push, contextFolder }: ScheduledBuild): Record<string, string> {
  const { registry, repository, tag } = reference
  const repo: Reference = { registry, repository }
  return {
    SKAFFOLD_IMAGE: formatFamiliar(reference),
    SKAFFOLD_PUSH_IMAGE: String(push),
    SKAFFOLD_IMAGE_REPO: formatFamiliar(repo),
    SKAFFOLD_IMAGE_TAG: tag ?? '',
    SKAFFOLD_BUILD_CONTEXT: contextFolder,
  }
}

/** As Go calls it, and so Skaffold. */
function systemName(): string {
  return process.platform === 'win32' ? 'windows' : process.platform
}

async function runHook({ command, dir }: HostHook, outside: HookOutside): Promise<void> {
  const { runProcess, env, folder, report, signal } = outside
  const [program, ...args] = command
  if (program === undefined) return
  const outcome = await runProcess({
    command: program,
    args,
    env,
    cwd: resolve(folder, dir ?? '.'),
    signal,
    maxOutputBytes: 64 * 1024,
    onLine: report,
  })
  if (outcome.status === 0) return
  const end =
    outcome.status === undefined ? `was ended by ${outcome.signal ?? 'a signal'}` : `exited with ${outcome.status}`
  throw new ToolError('BUILD_HOOK_FAILED', `the build hook "${command.join(' ')}" ${end}`, {
    hint: 'correct the command, or take it out of `hooks`',
  })
}
