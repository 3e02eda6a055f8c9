import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Event } from '../../src/events/index.ts'
import type { Platform } from '../../src/platform/index.ts'
import { createRegistry } from '../../src/registry/index.ts'
import { parseNodeSpecs, startSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/index.ts'
import { runProcess } from '../../src/subprocess/index.ts'
import { hostArchitecture } from './host.ts'
import { pushImages } from './push-image.ts'
import { tinyElf, type TinyArchitecture, type TinyProgram } from './tiny-elf.ts'

export interface TestSandbox extends Sandbox {
  /** What it had to say. */
  readonly events: readonly Event[]
  /** Its folder; gone with it. */
  readonly folder: string
  /** Pushes `NAME:TAG` with a program per architecture; several become an index. */
  push(name: string, programs: readonly TinyProgram[]): Promise<string>
}

/** A sandbox in this process. With a `host` of another platform nothing is executed. */
export async function startTestSandbox(
  nodes: string,
  options: Partial<Pick<SandboxOptions, 'host' | 'timing' | 'path' | 'registryPort'>> = {},
): Promise<TestSandbox> {
  const folder = await mkdtemp(join(tmpdir(), 'catamaran-sandbox-'))
  const registry = createRegistry({ env: {}, runProcess })
  const events: Event[] = []
  const clear = async (): Promise<void> => {
    await registry.close()
    await rm(folder, { recursive: true, force: true })
  }
  const sandbox = await startSandbox({
    nodes: parseNodeSpecs(nodes),
    registry,
    host: hostPlatform,
    path: process.env['PATH'] ?? '',
    workFolder: folder,
    emit: (event) => events.push(event),
    ...options,
  }).catch(async (error: unknown) => {
    await clear()
    throw error
  })
  return {
    ...sandbox,
    events,
    folder,
    push: async (name, programs) => {
      const files = programs.map((program) => imageOf(program))
      await pushImages(`${sandbox.registry}/${name}`, files)
      return `${sandbox.registry}/${name}`
    },
    close: async () => {
      await sandbox.close()
      await clear()
    },
  }
}

const hostPlatform: Platform = {
  os: process.platform === 'win32' ? 'windows' : process.platform,
  architecture: hostArchitecture,
}

function imageOf(program: TinyProgram): Parameters<typeof pushImages>[1][number] {
  return { architecture: program.architecture, entrypoint: ['/app'], files: { app: tinyElf(program) } }
}

/** A program that says hello and waits. */
export function sleeper(architecture: TinyArchitecture): TinyProgram {
  return { architecture, message: `hello from ${architecture}`, afterwards: 'sleep' }
}
