import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { ToolError } from '../errors/index.ts'
import type { Event } from '../events/index.ts'
import type { Platform } from '../platform/index.ts'
import { createFileStore, createMemoryStore, createRegistryHandler } from '../registry-server/index.ts'
import type { Registry } from '../registry/index.ts'
import { createCertificate, startApiServer } from './api/index.ts'
import { putKubeconfig } from './kubeconfig-file.ts'
import { startControllers } from './controllers/start-controllers.ts'
import { seedCluster } from './controllers/namespace.ts'
import { kubeconfigText } from './kubeconfig.ts'
import { startNodes } from './nodes/start-nodes.ts'
import type { NodeSpec } from './nodes/parse-node-specs.ts'
import type { KubeletTiming } from './kubelet/timing.ts'
import { startScheduler } from './scheduler/scheduler.ts'
import { createStore } from './store/index.ts'
import { createTables } from './tables.ts'

/** What a sandbox is made of. */
export interface SandboxOptions {
  readonly nodes: readonly NodeSpec[]
  /** The client that the nodes pull with. */
  readonly registry: Registry
  /** The platform of this machine: programs of it are really run. */
  readonly host: Platform
  /** PATH of this machine, for the programs that isolate containers. */
  readonly path: string
  /** A folder for what the sandbox keeps while it runs; what it made there is removed by `close`. */
  readonly workFolder: string
  /** Where the registry keeps its content for the next time; absent: it forgets. */
  readonly registryFolder?: string
  /** 0 or absent: a free one. */
  readonly registryPort?: number
  /** Where to write the kubeconfig, removed by `close`. Absent: inside the work folder. */
  readonly kubeconfigPath?: string
  readonly clock?: () => Date
  readonly timing?: KubeletTiming
  readonly emit: (event: Event) => void
}

/** A running sandbox: a registry and a cluster on loopback. */
export interface Sandbox {
  /** The file that {@link kubeconfig} is in. */
  readonly kubeconfigPath: string
  readonly kubeconfig: string
  /** `127.0.0.1:PORT`, speaks http. */
  readonly registry: string
  /** URL of the API server. */
  readonly server: string
  /** Stops everything, ends every process that runs in it, and removes its files. */
  close(): Promise<void>
}

/**
 * Starts an embedded registry and a small cluster in this process. Containers whose platform is this machine's are
 * executed for real, in namespaces of their own; all others only exist, and their log says `sandbox: not executed`.
 * @throws SANDBOX_PORT_TAKEN when something else listens on `registryPort`
 * @throws FILE_UNWRITABLE for a kubeconfig that is not a sandbox's, or cannot be written
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const closing: (() => Promise<void> | void)[] = []
  const close = onlyOnce(async () => {
    const failures: unknown[] = []
    for (const stop of closing.reverse()) {
      try {
        await stop()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  })
  try {
    return { ...(await assemble(options, closing)), close }
  } catch (error) {
    await close()
    throw error
  }
}

type Closing = (() => Promise<void> | void)[]

async function assemble(options: SandboxOptions, closing: Closing): Promise<Omit<Sandbox, 'close'>> {
  const clock = options.clock ?? (() => new Date())
  await mkdir(options.workFolder, { recursive: true })
  const folder = await mkdtemp(join(options.workFolder, 'sandbox-'))
  closing.push(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  const registry = await startRegistry(options, closing)
  const cluster = await startCluster({ options, folder, clock }, closing)
  const kubeconfigPath = options.kubeconfigPath ?? join(folder, 'kubeconfig')
  closing.push(await putKubeconfig(kubeconfigPath, cluster.kubeconfig))
  return { kubeconfigPath, kubeconfig: cluster.kubeconfig, registry, server: cluster.server }
}

async function startRegistry(
  { registryFolder, registryPort, emit }: SandboxOptions,
  closing: Closing,
): Promise<string> {
  const store = registryFolder === undefined ? createMemoryStore() : createFileStore(registryFolder)
  const onError = (error: unknown): void => emit({ type: 'warning', text: `sandbox registry: ${messageOf(error)}` })
  const handler = createRegistryHandler({ store, onError })
  // a large blob may take longer than Node's five minutes for a request
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 }, (req, res) => void handler(req, res))
  const port = await listen(server, registryPort ?? 0)
  closing.push(() => closeServer(server))
  return `127.0.0.1:${port}`
}

interface ClusterSpec {
  readonly options: SandboxOptions
  readonly folder: string
  readonly clock: () => Date
}

async function startCluster(
  { options, folder, clock }: ClusterSpec,
  closing: Closing,
): Promise<{ readonly server: string; readonly kubeconfig: string }> {
  const token = randomBytes(24).toString('base64url')
  const certificate = createCertificate()
  const store = createStore({ clock })
  const tables = createTables(store)
  seedCluster(tables)
  const nodes = startNodes({ ...options, tables, clock, folder })
  closing.push(() => nodes.close())
  const stopScheduler = startScheduler({ tables, clock })
  const onError = (error: unknown): void => options.emit({ type: 'warning', text: `sandbox: ${messageOf(error)}` })
  const caCertificate = certificate.certificate
  const stopControllers = startControllers({ store, tables, clock, caCertificate, onError })
  closing.push(stopControllers, stopScheduler)
  const api = await startApiServer({ store, runtime: nodes, token, certificate, clock, onError })
  closing.push(() => api.close())
  return {
    server: api.url,
    kubeconfig: kubeconfigText({ server: api.url, token, certificate: certificate.certificate }),
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? portTaken(port) : error),
    )
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

function portTaken(port: number): ToolError {
  return new ToolError('SANDBOX_PORT_TAKEN', `port ${port} of this machine is in use`, {
    hint: 'leave --registry-port away to take a free one',
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

function onlyOnce(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => (running ??= run())
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
