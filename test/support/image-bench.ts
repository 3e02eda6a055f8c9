import { setMaxListeners } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Event } from '../../src/events/index.ts'
import type { ImageContext } from '../../src/pipeline/image/index.ts'
import { parseLocation, type Location } from '../../src/transfer/index.ts'
import type { RegistryOptions } from '../../src/registry/index.ts'
import { runProcess } from '../../src/subprocess/index.ts'
import { aRegistry } from './registry-fixtures.ts'
import { serveNewStore, type ServedRegistry } from './registry-server.ts'

/** What a server was asked. */
export interface SeenRequest {
  readonly method: string
  readonly url: string
  /** Of the request's body, as it says. */
  readonly bytesUp: number
  readonly range: string | undefined
}

/** An embedded registry that notes its requests. */
export interface NotedRegistry extends ServedRegistry {
  /** The requests since the last call. */
  take(): readonly SeenRequest[]
}

/** Registries and folders for the use cases about images. */
export interface ImageBench {
  readonly folder: string
  readonly events: Event[]
  /** A context of its own for each call: nothing is remembered from one command to the next. */
  context(options?: Partial<RegistryOptions>): ImageContext
  serve(): Promise<NotedRegistry>
  close(): Promise<void>
}

export async function createImageBench(): Promise<ImageBench> {
  const folder = await mkdtemp(join(tmpdir(), 'catamaran-images-'))
  const closing: (() => Promise<void>)[] = []
  const events: Event[] = []
  return {
    folder,
    events,
    context(options) {
      const registry = aRegistry(options)
      const { signal } = new AbortController()
      setMaxListeners(0, signal)
      closing.push(async () => registry.close())
      return {
        registry: async () => registry,
        workFolder: async () => mkdtemp(join(folder, 'work-')),
        dataFolder: join(folder, 'data'),
        cwd: folder,
        env: process.env,
        runProcess,
        emit: (event) => events.push(event),
        signal,
      }
    },
    async serve() {
      const served = await serveNewStore('memory')
      const seen: SeenRequest[] = []
      served.server.on('request', ({ method = '', url = '', headers }) => {
        seen.push({ method, url, bytesUp: Number(headers['content-length'] ?? 0), range: headers.range })
      })
      closing.push(async () => served.close())
      return { ...served, take: () => seen.splice(0) }
    },
    async close() {
      for (const close of closing.reverse()) await close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A place in a registry. */
export function at(server: ServedRegistry, name: string): Location {
  return parseLocation(`${server.host}/${name}`)
}
