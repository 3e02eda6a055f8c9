import { isToolError } from '../../errors/index.ts'
import type { RunProcess } from '../../subprocess/index.ts'
import type { RunObject } from './run-objects.ts'

/** What gcloud is run with. */
export interface GcloudOutside {
  readonly runProcess: RunProcess
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly report: (line: string) => void
  /** Ends it. */
  readonly signal: AbortSignal
}

/**
 * Passes on the log of a service until the signal is aborted, by gcloud, as Skaffold does.
 * @returns false when gcloud is not installed
 */
export async function followRunLog(service: RunObject, outside: GcloudOutside): Promise<boolean> {
  return runGcloud(['alpha', 'run', 'services', 'logs', 'tail', service.name, ...placeFlags(service)], {
    ...outside,
    // gcloud holds back what it prints otherwise
    env: { ...outside.env, PYTHONUNBUFFERED: '1' },
  })
}

/**
 * Makes a service reachable on a port of this machine with the rights of gcloud's account, until the signal is aborted.
 * @returns false when gcloud is not installed
 */
export async function proxyRunService(service: RunObject, port: number, outside: GcloudOutside): Promise<boolean> {
  const args = ['beta', 'run', 'services', 'proxy', ...placeFlags(service), '--port', String(port), service.name]
  return runGcloud(args, outside)
}

function placeFlags({ project, region }: RunObject): readonly string[] {
  return ['--project', project, '--region', region]
}

async function runGcloud(
  args: readonly string[],
  { runProcess, env, cwd, report, signal }: GcloudOutside,
): Promise<boolean> {
  try {
    const { status } = await runProcess({
      command: 'gcloud',
      args,
      env: { ...env, CLOUDSDK_CORE_DISABLE_PROMPTS: '1' },
      cwd,
      signal,
      onLine: (line) => report(line),
      maxOutputBytes: 64 * 1024,
    })
    if (status !== 0 && !signal.aborted) report(`gcloud exited with ${String(status)}`)
    return true
  } catch (error) {
    if (signal.aborted) return true
    if (isToolError(error, 'PROGRAM_MISSING')) return false
    throw error
  }
}
