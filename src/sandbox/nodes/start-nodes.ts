import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Event } from '../../events/index.ts'
import { formatPlatform, type Platform } from '../../platform/index.ts'
import type { Registry } from '../../registry/index.ts'
import type { PodRuntime } from '../contract.ts'
import type { Pod } from '../kinds.ts'
import { createImageStore } from '../kubelet/images.ts'
import { findIsolation, type Isolation } from '../kubelet/isolation.ts'
import { startKubelet, type Kubelet } from '../kubelet/kubelet.ts'
import type { NodeRuntime } from '../kubelet/scope.ts'
import { kubeletTiming, type KubeletTiming } from '../kubelet/timing.ts'
import { createRecorder } from '../recorder.ts'
import type { Tables } from '../tables.ts'
import { planNodes, type PlannedNode } from './node-object.ts'
import type { NodeSpec } from './parse-node-specs.ts'

export interface NodesOptions {
  readonly nodes: readonly NodeSpec[]
  readonly tables: Tables
  readonly clock: () => Date
  readonly registry: Registry
  readonly host: Platform
  readonly path: string
  readonly folder: string
  readonly timing?: KubeletTiming
  readonly emit: (event: Event) => void
}

/** The nodes of a sandbox, each with its kubelet. */
export interface SandboxNodes extends PodRuntime {
  close(): Promise<void>
}

/** Puts the nodes into the store and starts their kubelets. */
export function startNodes(options: NodesOptions): SandboxNodes {
  const { tables, clock, registry, folder, emit } = options
  const images = createImageStore({ registry, folder: join(folder, 'images') })
  // Nobody waits for it before the first pod.
  const isolation = isolationFor(options)
  const onError = (error: unknown): void => emit({ type: 'warning', text: `sandbox node: ${textOf(error)}` })
  const kubelets = new Map<string, Kubelet>()
  planNodes(options.nodes, clock()).forEach((node, index) => {
    tables.nodes.create(node.object)
    const runtime: NodeRuntime = {
      name: node.name,
      platform: node.platform,
      tables,
      clock,
      recorder: createRecorder({ tables, clock, component: 'kubelet', host: node.name }),
      images,
      present: new Map(),
      isolation: isHost(node, options.host) ? isolation : none,
      timing: options.timing ?? kubeletTiming,
      folder: makeFolder(join(folder, 'nodes', node.name)),
      claimsFolder: makeFolder(join(folder, 'claims')),
      nextPodIp: addressCounter(index),
      onError,
    }
    kubelets.set(node.name, startKubelet(runtime))
  })
  const kubeletOf = (pod: object): Kubelet | undefined => kubelets.get((pod as Pod).spec.nodeName ?? '')
  const noNode = (pod: object): string => `the sandbox has no node "${(pod as Pod).spec.nodeName ?? ''}"`
  return {
    readLogs: (pod, container, query) =>
      kubeletOf(pod)?.readLogs(pod as Pod, container, query) ?? { refused: 'unavailable', message: noNode(pod) },
    prepareExec: (pod, container, query) =>
      kubeletOf(pod)?.prepareExec(pod as Pod, container, query) ?? { refused: 'unavailable', message: noNode(pod) },
    connectPort: async (pod, port) => kubeletOf(pod)?.connectPort(pod as Pod, port) ?? { failure: noNode(pod) },
    async close() {
      await Promise.all([...kubelets.values()].map((kubelet) => kubelet.close()))
      await isolation
      await images.close()
    },
  }
}

const none: Promise<undefined> = Promise.resolve(undefined)

/** Only asked for when some node could use it; says once why nothing is executed. */
async function isolationFor({ nodes, host, path, folder, emit }: NodesOptions): Promise<Isolation | undefined> {
  if (host.os !== 'linux' || !nodes.some((node) => isHost(node, host))) return undefined
  const isRoot = process.getuid?.() === 0
  const found = await findIsolation({ folder: join(folder, 'probe'), path, isRoot })
  if (!('unavailable' in found)) return found
  emit({
    type: 'warning',
    text: `containers for ${formatPlatform(host)} are not executed in this sandbox: ${found.unavailable}`,
    hint: 'let unprivileged users make namespaces (user.max_user_namespaces), or run as root',
  })
  return undefined
}

function isHost({ platform }: Pick<PlannedNode, 'platform'>, host: Platform): boolean {
  return platform.os === host.os && platform.architecture === host.architecture
}

/** 10.144.0.3, 10.144.0.4 … on the first node, 10.145.… on the second, and the same ones again after some sixty thousand pods. */
function addressCounter(node: number): () => string {
  let last = 1
  return () => {
    last = last === 65_000 ? 2 : last + 1
    return `10.${144 + node}.${Math.floor(last / 250)}.${(last % 250) + 1}`
  }
}

function makeFolder(folder: string): string {
  mkdirSync(folder, { recursive: true })
  return folder
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
