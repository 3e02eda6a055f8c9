import { readFileSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The oldest child of a process of this machine; undefined when it has none, or is gone. */
export function firstChild(pid: number): number | undefined {
  try {
    const [first = ''] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
    return first === '' ? undefined : Number(first)
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(codeOf(error))) return undefined
    throw error
  }
}

/** Signals a process, if it is still there. */
export function signalProcess(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(pid, name)
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}

/** The files of some programs, as {@link untilExecuted} knows them. */
export function toolsOf(path: string, names: readonly string[]): ReadonlySet<string> {
  const files = path.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)))
  return new Set(files.map((file) => identityOf(file)).filter((identity) => identity !== undefined))
}

const pollMs = 5

/**
 * Waits until a process, once it is there, executes something other than the tools that prepare it, or until the one that
 * makes it has ended.
 */
export async function untilExecuted(
  processOf: () => number | undefined,
  { tools, maker }: { readonly tools: ReadonlySet<string>; readonly maker: number },
): Promise<void> {
  while (isAlive(maker)) {
    const pid = processOf()
    const executed = pid === undefined ? undefined : identityOf(`/proc/${pid}/exe`)
    if (executed !== undefined && !tools.has(executed)) return
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false
    throw error
  }
}

/** What tells a file from all others; undefined when there is none. */
function identityOf(file: string): string | undefined {
  try {
    const { dev, ino } = statSync(file)
    return `${dev}:${ino}`
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ESRCH'].includes(codeOf(error))) return undefined
    // What may not be looked at is not one of ours any more.
    if (codeOf(error) === 'EACCES') return 'hidden'
    throw error
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? ''
}
