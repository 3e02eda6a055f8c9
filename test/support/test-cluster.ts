import { randomBytes } from 'node:crypto'
import { openKube, type KubeClient, type KubeObject } from '../../src/kube/index.ts'
import { runProcess } from '../../src/subprocess/index.ts'
import type { CliResult } from './cli.ts'
import { pushImages } from './push-image.ts'
import { tinyElf, type TinyArchitecture } from './tiny-elf.ts'
import { createWorkbench, type Workbench } from './workbench.ts'

/** Images that keep running; what each is for is all that the suite knows about them. */
export interface TestImages {
  /** For amd64 and arm64. */
  readonly both: string
  readonly amd64: string
  readonly arm64: string
}

/** A cluster that the suite runs in: a sandbox, or any other. */
export interface TestTarget {
  readonly bench: Workbench
  readonly client: KubeClient
  readonly images: TestImages
  /** Architectures of nodes that take ordinary pods. */
  readonly architectures: ReadonlySet<string>
  /** A new namespace, deleted at the end. */
  namespace(): Promise<string>
  /** Runs catamaran against the cluster, in a namespace. */
  run(namespace: string, args: readonly string[]): Promise<CliResult>
  get(namespace: string, kind: string, name: string): Promise<KubeObject | undefined>
  close(): Promise<void>
}

interface Asked {
  readonly kubeconfig?: string
  readonly context?: string
  readonly registry?: string
  readonly images?: Partial<TestImages>
}

const kinds: Readonly<Record<string, string>> = { Deployment: 'apps/v1', DaemonSet: 'apps/v1' }

/** Opens the cluster that `npm run test:cluster` was given; without one it starts a sandbox. */
export async function openTestTarget(): Promise<TestTarget> {
  const asked = JSON.parse(process.env['CATAMARAN_CLUSTER'] ?? '{}') as Asked
  const bench = await createWorkbench()
  const { kubeconfig, registry } = await clusterFor(asked, bench)
  const context = asked.context === undefined ? {} : { context: asked.context }
  const client = await openKube({ env: { ...process.env }, runProcess, kubeconfig, ...context })
  const images = await imagesFor(asked, registry)
  const made: string[] = []
  const inContext = asked.context === undefined ? [] : [`--kube-context=${asked.context}`]
  return {
    bench,
    client,
    images,
    architectures: await architecturesOf(client),
    async namespace() {
      const name = `catamaran-test-${randomBytes(4).toString('hex')}`
      const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
      await client.apply(object, { fieldManager: 'catamaran-test' })
      made.push(name)
      return name
    },
    run: async (namespace, [command = '', ...args]) =>
      bench.run([command, `--kubeconfig=${kubeconfig}`, ...inContext, `--namespace=${namespace}`, ...args]),
    get: async (namespace, kind, name) => client.get({ apiVersion: kinds[kind] ?? 'v1', kind, namespace, name }),
    async close() {
      for (const name of made) await client.delete({ apiVersion: 'v1', kind: 'Namespace', name })
      await client.close()
      await bench.close()
    },
  }
}

async function clusterFor(
  asked: Asked,
  bench: Workbench,
): Promise<{ readonly kubeconfig: string; readonly registry: string | undefined }> {
  if (asked.kubeconfig !== undefined) return { kubeconfig: asked.kubeconfig, registry: asked.registry }
  const sandbox = await bench.sandbox('2xlinux/amd64,1xlinux/arm64')
  return { kubeconfig: sandbox.kubeconfig, registry: sandbox.registry }
}

async function imagesFor({ images = {} }: Asked, registry: string | undefined): Promise<TestImages> {
  const { both, amd64, arm64 } = images
  if (both !== undefined && amd64 !== undefined && arm64 !== undefined) return { both, amd64, arm64 }
  if (registry === undefined) {
    throw new Error('a cluster needs images: pass --registry, or --image-both, --image-amd64 and --image-arm64')
  }
  return {
    both: await push(`${registry}/catamaran-test/both:1`, ['amd64', 'arm64']),
    amd64: await push(`${registry}/catamaran-test/amd64:1`, ['amd64']),
    arm64: await push(`${registry}/catamaran-test/arm64:1`, ['arm64']),
  }
}

async function push(name: string, architectures: readonly TinyArchitecture[]): Promise<string> {
  const programs = architectures.map((architecture) => ({
    architecture,
    entrypoint: ['/app'],
    files: { app: tinyElf({ architecture, message: `hello from ${architecture}`, afterwards: 'sleep' }) },
  }))
  await pushImages(name, programs)
  return name
}

async function architecturesOf(client: KubeClient): Promise<ReadonlySet<string>> {
  const nodes = await client.list({ apiVersion: 'v1', kind: 'Node' })
  const usable = nodes.filter(({ spec }) => {
    const { unschedulable, taints = [] } = spec as { unschedulable?: boolean; taints?: readonly { effect: string }[] }
    return unschedulable !== true && taints.every(({ effect }) => effect === 'PreferNoSchedule')
  })
  return new Set(usable.map(({ metadata }) => metadata.labels?.['kubernetes.io/arch'] ?? ''))
}
