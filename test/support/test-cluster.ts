import { randomBytes } from 'node:crypto'
import type { TestContext } from 'vitest'
import { openKube, type KubeClient, type KubeObject, type ObjectRef } from '../../src/kube/index.ts'
import { runProcess } from '../../src/subprocess/index.ts'
import type { CliResult } from './cli.ts'
import { describeAbilities, findAbilities, until, type Abilities } from './cluster-abilities.ts'
import { pushImages } from './push-image.ts'
import { serveNewStore } from './registry-server.ts'
import { tinyElf, type TinyArchitecture } from './tiny-elf.ts'
import { createWorkbench, type Workbench } from './workbench.ts'

/** Images that keep running; what each is for is all that the suite knows about them. */
export interface TestImages {
  /** For amd64 and arm64. */
  readonly both: string
  readonly amd64: string
  readonly arm64: string
}

/** Something of a cluster that a test cannot do without. */
export type Need =
  /** Pods of test images come to run, on nodes of this architecture or of any. */
  | 'running pods'
  | 'running pods on amd64 and arm64'
  /** Programs are executed, and fail as they do on a machine. */
  | 'real nodes'
  | 'deletion of pods'
  | 'a scheduler'
  | 'controllers'

/** A cluster that the suite runs in: a sandbox, or any other. */
export interface TestTarget {
  readonly bench: Workbench
  readonly client: KubeClient
  readonly kubeconfig: string
  readonly images: TestImages
  /** `HOST:PORT/PATH` for images that are built; undefined when only images were given. */
  readonly registry: string | undefined
  readonly abilities: Abilities
  /** Skips the running test, with the reason, unless the cluster has all of it. */
  needs(test: TestContext, ...needs: readonly Need[]): void
  /** A new namespace that takes pods, deleted at the end. */
  namespace(): Promise<string>
  /** A name that nobody else has, for objects outside of namespaces. */
  uniqueName(): string
  /** An object outside of the suite's namespaces, deleted at the end. */
  deleteAtEnd(ref: { readonly apiVersion: string; readonly kind: string; readonly name: string }): void
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
  /** Label value by which everything is found again that a crash left behind. */
  readonly run?: string
}

const kinds: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1',
  DaemonSet: 'apps/v1',
  StatefulSet: 'apps/v1',
  ReplicaSet: 'apps/v1',
  Job: 'batch/v1',
}

/** Opens the cluster that `npm run test:cluster` was given; without one it starts a sandbox. */
export async function openTestTarget(): Promise<TestTarget> {
  const asked = JSON.parse(process.env['CATAMARAN_CLUSTER'] ?? '{}') as Asked
  const closing: (() => Promise<unknown>)[] = []
  const close = async (): Promise<void> => {
    for (const end of closing.toReversed()) {
      await end().catch((error: unknown) => process.stderr.write(`cleaning up: ${String(error)}\n`))
    }
  }
  try {
    return await open(asked, { close, later: (end) => void closing.push(end) })
  } catch (error) {
    await close()
    throw error
  }
}

interface Ends {
  readonly close: () => Promise<void>
  readonly later: (end: () => Promise<unknown>) => void
}

async function open(asked: Asked, { close, later }: Ends): Promise<TestTarget> {
  const bench = await createWorkbench()
  later(async () => bench.close())
  const { kubeconfig, registry } = await clusterFor(asked, bench, later)
  const inContext = asked.context === undefined ? {} : { context: asked.context }
  const client = await openKube({ env: { ...process.env }, runProcess, kubeconfig, ...inContext })
  later(async () => client.close())
  const images = await imagesFor(asked, registry)
  const first = await makeNamespace(client, asked, later)
  // somebody gives a new namespace its service account, or nobody ever does
  const hasControllers = (await until(10_000, async () => client.get(defaultAccount(first)))) !== undefined
  const namespace = async (): Promise<string> =>
    withAccount(client, await makeNamespace(client, asked, later), hasControllers)
  await withAccount(client, first, hasControllers)
  const abilities = { ...(await findAbilities(client, first, images)), hasControllers }
  if (asked.kubeconfig !== undefined) process.stdout.write(`${describeAbilities(abilities)}\n`)
  const contextFlag = asked.context === undefined ? [] : [`--kube-context=${asked.context}`]
  return {
    bench,
    client,
    kubeconfig,
    images,
    registry,
    abilities,
    namespace,
    needs: (test, ...needs) => {
      const lacking = needs.filter((need) => !tests[need](abilities))
      test.skip(lacking.length > 0, `the cluster lacks ${lacking.join(', ')} (${describeAbilities(abilities)})`)
    },
    uniqueName,
    deleteAtEnd: (ref) => later(async () => client.delete(ref)),
    run: async (inNamespace, [command = '', ...args]) =>
      bench.run([command, `--kubeconfig=${kubeconfig}`, ...contextFlag, `--namespace=${inNamespace}`, ...args]),
    get: async (inNamespace, kind, name) =>
      client.get({ apiVersion: kinds[kind] ?? 'v1', kind, namespace: inNamespace, name }),
    close,
  }
}

const tests: Readonly<Record<Need, (found: Abilities) => boolean>> = {
  'running pods': ({ running, hasControllers }) => running.size > 0 && hasControllers,
  'running pods on amd64 and arm64': ({ running, hasControllers }) =>
    running.has('amd64') && running.has('arm64') && hasControllers,
  'real nodes': ({ hasLogs }) => hasLogs,
  'deletion of pods': ({ deletesPods }) => deletesPods,
  'a scheduler': ({ hasScheduler }) => hasScheduler,
  controllers: ({ hasControllers }) => hasControllers,
}

function uniqueName(): string {
  return `catamaran-test-${randomBytes(4).toString('hex')}`
}

async function makeNamespace(client: KubeClient, { run }: Asked, later: Ends['later']): Promise<string> {
  const name = uniqueName()
  const ref = { apiVersion: 'v1', kind: 'Namespace', name }
  const labels = { 'catamaran-test-run': run ?? 'alone' }
  later(async () => client.delete(ref))
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }
  await client.apply(object, { fieldManager: 'catamaran-test' })
  return name
}

function defaultAccount(namespace: string): ObjectRef {
  return { apiVersion: 'v1', kind: 'ServiceAccount', namespace, name: 'default' }
}

/** Bare pods are refused before a namespace has it: it is waited for, or made where nobody else does. */
async function withAccount(client: KubeClient, namespace: string, hasControllers: boolean): Promise<string> {
  const account = defaultAccount(namespace)
  const { apiVersion, kind, name } = account
  if (hasControllers) await until(60_000, async () => client.get(account))
  else await client.apply({ apiVersion, kind, metadata: { name, namespace } }, { fieldManager: 'catamaran-test' })
  return namespace
}

async function clusterFor(
  asked: Asked,
  bench: Workbench,
  later: Ends['later'],
): Promise<{ readonly kubeconfig: string; readonly registry: string | undefined }> {
  if (asked.kubeconfig === undefined) {
    const sandbox = await bench.sandbox('2xlinux/amd64,1xlinux/arm64')
    return { kubeconfig: sandbox.kubeconfig, registry: `${sandbox.registry}/catamaran-test` }
  }
  if (asked.registry !== undefined || hasAll(asked.images)) {
    return { kubeconfig: asked.kubeconfig, registry: asked.registry }
  }
  // Enough to say which platforms images have; nodes on this machine can also pull from it.
  const own = await serveNewStore('memory')
  later(async () => own.close())
  return { kubeconfig: asked.kubeconfig, registry: `${own.host}/catamaran-test` }
}

function hasAll(images: Partial<TestImages> = {}): images is TestImages {
  return images.both !== undefined && images.amd64 !== undefined && images.arm64 !== undefined
}

async function imagesFor({ images }: Asked, registry: string | undefined): Promise<TestImages> {
  if (hasAll(images)) return images
  if (registry === undefined) throw new Error('pass --image-both, --image-amd64 and --image-arm64, or none of them')
  return {
    both: await push(`${registry}/both:1`, ['amd64', 'arm64']),
    amd64: await push(`${registry}/amd64:1`, ['amd64']),
    arm64: await push(`${registry}/arm64:1`, ['arm64']),
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
