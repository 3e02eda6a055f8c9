import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Emit } from '../events/index.ts'
import { formatPlatform } from '../platform/index.ts'
import type { NodeSpec, Sandbox } from '../sandbox/index.ts'
import { createClosing, type Closing } from './closing.ts'
import type { Invocation } from './command.ts'
import { machinePlatform } from './host-platform.ts'
import { registryOptions } from './registry-options.ts'
import { makeWorkFolder } from './work-folder.ts'

/** Which sandbox is meant. */
export interface SandboxChoice {
  /** `2xlinux/amd64,1xlinux/arm64` */
  readonly nodes: string
  readonly kubeconfigPath?: string
  /** 0 or absent: a free one. */
  readonly registryPort?: number
}

/** A sandbox, and what it was made of. */
export interface OpenedSandbox extends Sandbox {
  readonly nodes: readonly NodeSpec[]
  /** Where the registry's content stays for the next time; absent: it is forgotten. */
  readonly registryFolder?: string
}

/**
 * Starts a sandbox with a registry client of its own, which its nodes pull with.
 * @throws SANDBOX_NODES_INVALID, SANDBOX_PORT_TAKEN
 */
export async function openSandbox(invocation: Invocation, choice: SandboxChoice): Promise<OpenedSandbox> {
  const { parseNodeSpecs } = await import('../sandbox/index.ts')
  const nodes = parseNodeSpecs(choice.nodes)
  const closing = createClosing()
  try {
    return await start(invocation, { choice, nodes, closing })
  } catch (error) {
    await closing.close()
    throw error
  }
}

interface Starting {
  readonly choice: SandboxChoice
  readonly nodes: readonly NodeSpec[]
  readonly closing: Closing
}

async function start(invocation: Invocation, { choice, nodes, closing }: Starting): Promise<OpenedSandbox> {
  const { env, emit } = invocation
  const { startSandbox } = await import('../sandbox/index.ts')
  const { createRegistry } = await import('../registry/index.ts')
  const { runProcess } = await import('../subprocess/index.ts')
  const { readGlobalSettings } = await import('./global-settings.ts')
  const { insecureRegistries: known } = await readGlobalSettings(invocation, () => Promise.resolve('catamaran-sandbox'))
  const { insecureRegistries: given, ...reach } = await registryOptions(invocation)
  const registry = createRegistry({ env, runProcess, emit, ...reach, insecureRegistries: [...given, ...known] })
  closing.add(() => registry.close())
  const registryFolder = await keptFolder(env, emit)
  const sandbox = await startSandbox({
    nodes,
    registry,
    host: machinePlatform(),
    path: env['PATH'] ?? '',
    workFolder: await makeWorkFolder(closing),
    ...(registryFolder === undefined ? {} : { registryFolder }),
    ...(choice.registryPort === undefined ? {} : { registryPort: choice.registryPort }),
    ...(choice.kubeconfigPath === undefined ? {} : { kubeconfigPath: choice.kubeconfigPath }),
    emit,
  })
  closing.add(() => sandbox.close())
  const kept = registryFolder === undefined ? {} : { registryFolder }
  return { ...sandbox, nodes, ...kept, close: () => closing.close() }
}

/** The registry's content is kept between runs, so that an unchanged image is not sent again; a cache may be missing. */
async function keptFolder(env: Invocation['env'], emit: Emit): Promise<string | undefined> {
  const cache = env['XDG_CACHE_HOME'] ?? ''
  const folder = join(cache === '' ? join(homedir(), '.cache') : cache, 'catamaran', 'sandbox-registry')
  try {
    await mkdir(folder, { recursive: true })
    return folder
  } catch (error) {
    const text = `the sandbox's registry forgets its content: ${error instanceof Error ? error.message : String(error)}`
    emit({ type: 'warning', text, hint: 'set XDG_CACHE_HOME to a folder that you may write' })
    return undefined
  }
}

/** Says that it is the sandbox, and what it is made of. */
export function announceSandbox({ registry, nodes, registryFolder }: OpenedSandbox, emit: Emit): void {
  const kept = registryFolder === undefined ? '' : `, kept in ${registryFolder}`
  const lines = [
    'Using the sandbox: a registry and a small cluster in this process, for this command only',
    ` - registry ${registry}${kept}`,
    ` - nodes ${nodes.map(({ count, platform }) => `${count} x ${formatPlatform(platform)}`).join(', ')}`,
  ]
  emit({ type: 'info', text: lines.join('\n') })
}
