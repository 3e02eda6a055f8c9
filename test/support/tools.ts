import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { beforeEach, describe } from 'vitest'

/** A real program that a suite runs, or a service that it uses. `node22` and `node24` are other Node versions. */
export type ToolName =
  | 'buildah'
  | 'busybox'
  | 'busybox-arm64'
  | 'crane'
  | 'ctr'
  | 'docker'
  | 'docker-registry'
  | 'helm'
  | 'helm3'
  | 'kubectl'
  | 'kustomize'
  | 'node22'
  | 'node24'
  | 'oras'
  | 'podman'
  | 'skopeo'

/** What a suite needs beside programs, and the variable that says where it is. */
const services = {
  /** A Docker engine with buildx. */
  engine: 'DOCKER_HOST',
  /** A `docker-registry` at `host:port`. */
  registry: 'CATAMARAN_TEST_REGISTRY',
  /** The socket of the engine's containerd. */
  containerd: 'CATAMARAN_TEST_CONTAINERD',
} as const

export type ServiceName = keyof typeof services

/** What a program said. */
interface ToolOutput {
  readonly stdout: string
  readonly stderr: string
}

interface ToolRun {
  readonly cwd?: string
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a real program; rejects with all it said when it does not end with status 0. */
export type RunTool = (name: ToolName, args: readonly string[], run?: ToolRun) => Promise<ToolOutput>

/**
 * A suite that uses real programs. Where one is missing, the suite is skipped under a title that names it; with
 * CATAMARAN_REQUIRE_TOOLS=1, as in CI, it fails.
 */
export function describeWithTools(
  title: string,
  needs: readonly (ToolName | ServiceName)[],
  suite: (run: RunTool) => void,
): void {
  const missing = needs.filter((need) => !isThere(need)).join(', ')
  const isRequired = process.env['CATAMARAN_REQUIRE_TOOLS'] === '1'
  const needed = missing === '' ? '' : ` (needs ${missing}: see scripts/test-tools.sh)`
  describe.skipIf(missing !== '' && !isRequired)(`${title}${needed}`, () => {
    beforeEach(() => {
      if (missing !== '') throw new Error(`missing: ${missing}`)
    })
    suite(runTool)
  })
}

/** The path of a program: of the test tools, else of PATH. */
export function findTool(name: ToolName): string | undefined {
  const folders = [process.env['CATAMARAN_TEST_TOOLS'] ?? '', ...(process.env['PATH'] ?? '').split(delimiter)]
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable)
}

/** Where a service is. */
export function serviceAddress(name: ServiceName): string {
  return process.env[services[name]] ?? ''
}

const runTool: RunTool = async (name, args, { cwd, input, env } = {}) => {
  const child = spawn(findTool(name) ?? name, args, { cwd, env: { ...process.env, ...env } })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (data: string) => (output.stdout += data))
  child.stderr.setEncoding('utf8').on('data', (data: string) => (output.stderr += data))
  child.stdin.on('error', () => undefined).end(input)
  const status = await new Promise<number | string>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'unknown'))
  })
  if (status === 0) return output
  throw new Error(`${name} ${args.join(' ')} ended with ${status}\n${output.stderr}${output.stdout}`)
}

function isThere(need: ToolName | ServiceName): boolean {
  return need in services ? serviceAddress(need as ServiceName) !== '' : findTool(need as ToolName) !== undefined
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
