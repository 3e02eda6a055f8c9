import { randomBytes } from 'node:crypto'
import { constants } from 'node:os'
import type { Duplex, Writable } from 'node:stream'
import { formatPlatform } from '../../platform/index.ts'
import type { RunningProcess } from '../../subprocess/index.ts'
import type { ExecEnd, ExecIo, ExecQuery, ExecRefusal } from '../contract.ts'
import { defaultPath } from './env.ts'
import type { RunningContainer } from './isolation.ts'
import { judgeProgram } from './program.ts'
import type { PodScope, Slot } from './scope.ts'

/** What runs a program in a container, or why it cannot be run. */
export type Prepared = ((io: ExecIo) => Promise<ExecEnd>) | ExecRefusal

/** Finds out whether a container can take one more program. */
export function prepareProgram(slot: Slot, scope: PodScope, query: ExecQuery): Prepared {
  const { running, state, plan } = slot
  if (state.running === undefined) return { refused: 'not-found' }
  if (running === undefined || plan === undefined) {
    const platform = formatPlatform(scope.node.platform)
    return { refused: 'unavailable', message: `the sandbox does not execute programs for ${platform} on this machine` }
  }
  return async (io) => {
    const failure = failureOf(query, { running, env: plan.env, workingDir: plan.workingDir, scope })
    if (failure !== undefined) return { failure }
    const sizes = io.sizes === undefined ? {} : { sizes: io.sizes }
    const process = await running.enter({
      argv: query.command,
      hasTerminal: query.hasTerminal,
      ...sizes,
      signal: io.signal,
    })
    if (process === undefined) return { failure: 'container not found' }
    return talk(process, io)
  }
}

interface Judging {
  readonly running: RunningContainer
  readonly env: Readonly<Record<string, string>>
  readonly workingDir: string
  readonly scope: PodScope
}

/** As containerd says it. */
function failureOf({ command }: ExecQuery, { running, env, workingDir, scope }: Judging): string | undefined {
  const problem = problemOf(command, { running, env, workingDir, scope })
  if (problem === undefined) return undefined
  const id = randomBytes(32).toString('hex')
  return `failed to exec in container: failed to start exec "${id}": OCI runtime exec failed: exec failed: ${problem}`
}

function problemOf(command: readonly string[], { running, env, workingDir, scope }: Judging): string | undefined {
  const root = running.root()
  if (command.length === 0) return 'args must not be empty'
  if (root === undefined) return 'cannot exec in a stopped container'
  const path = env['PATH'] ?? defaultPath
  const verdict = judgeProgram({ root, argv: command, path, workingDir, platform: scope.node.platform })
  if (verdict.kind === 'runnable') return undefined
  const said =
    verdict.kind === 'execError' ? verdict.log : verdict.message.replace(/^.*unable to start container process: /, '')
  return `unable to start container process: ${said}`
}

async function talk(running: RunningProcess, io: ExecIo): Promise<ExecEnd> {
  const { stdin } = running
  const input = stdin === undefined ? undefined : feed(stdin, io.stdin)
  const [exit] = await Promise.all([
    running.exited,
    pour(running.stdout, io.onStdout),
    pour(running.stderr, io.onStderr),
  ])
  stdin?.destroy()
  await input
  return { exitCode: exit.status ?? 128 + constants.signals[exit.signal ?? 'SIGKILL'] }
}

async function pour(from: AsyncIterable<Uint8Array>, to: ExecIo['onStdout']): Promise<void> {
  for await (const chunk of from) await to(chunk)
}

/** A program that ends without reading what is left is no error. */
async function feed(stdin: Writable, source: ExecIo['stdin']): Promise<void> {
  try {
    for await (const chunk of source ?? []) {
      if (stdin.destroyed) return
      if (!stdin.write(chunk)) await drained(stdin)
    }
  } catch {
    // who was writing is gone: the program sees the end of its input
  }
  stdin.end()
}

function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done)
      stream.off('close', done)
      resolve()
    }
    stream.once('drain', done)
    stream.once('close', done)
  })
}

/** A connection into the pod's network; fails as containerd does where nothing listens. */
export async function connectToPod(
  { namespace }: PodScope,
  port: number,
): Promise<Duplex | { readonly failure: string }> {
  const connection = await namespace?.connect(port)
  if (connection !== undefined) return connection
  const id = randomBytes(32).toString('hex')
  const why = `IPv4: dial tcp4 127.0.0.1:${port}: connect: connection refused IPv6 dial tcp6: address localhost: no suitable address found `
  const where = `failed to execute portforward in network namespace "/var/run/netns/cni-${id.slice(0, 8)}"`
  return {
    failure: `error forwarding port ${port} to pod ${id}, uid : ${where}: failed to connect to localhost:${port} inside namespace "${id}", ${why}`,
  }
}
