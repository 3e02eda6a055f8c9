import { spawnSync } from 'node:child_process'

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

/** This machine's architecture as images name it. */
export const hostArchitecture: string = architectures[process.arch] ?? process.arch

/** Whether the sandbox can really run programs of this architecture here: Linux with namespaces that may be made. */
export function sandboxRuns(architecture: string): boolean {
  return architecture === hostArchitecture && (canIsolate ??= tryToIsolate())
}

/** What the log of a sandbox container says whose program prints `message`: its output, or that it was not executed. */
export function logOf(architecture: string, message: string): string {
  return sandboxRuns(architecture) ? message : 'sandbox: not executed'
}

let canIsolate: boolean | undefined

function tryToIsolate(): boolean {
  if (process.platform !== 'linux') return false
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']
  return spawnSync('unshare', [...user, '--mount', '--net', '--uts', '--ipc', 'true']).status === 0
}
