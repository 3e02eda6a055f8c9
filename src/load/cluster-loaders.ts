import * as v from 'valibot'
import { runLoad } from './load-failure.ts'
import type { LoadableImage, LoadOutside } from './contract.ts'
import { importIntoNodes, type ContainerdNode } from './containerd-nodes.ts'
import { loadIntoEngine } from './engine-loader.ts'
import type { LocalCluster, LocalClusterKind } from './local-cluster.ts'
import { withArchive } from './write-archive.ts'

/** Loads one image; what it was given is not there yet. */
export type Load = (image: LoadableImage) => Promise<void>

/** How images get into a cluster. */
export function loadInto({ kind, name }: Pick<LocalCluster, 'kind' | 'name'>, outside: LoadOutside): Load {
  return async (image) => loaders[kind](name, image, outside)
}

type Loader = (name: string, image: LoadableImage, outside: LoadOutside) => Promise<void>

const loaders: Readonly<Record<LocalClusterKind, Loader>> = {
  docker: async (_, image, outside) => loadIntoEngine(image, outside),
  k3d: loadIntoK3d,
  kind: loadIntoKind,
  microk8s: async (_, image, outside) => loadIntoMicroK8s(image, outside),
  minikube: loadIntoMinikube,
}

/** @see https://kind.sigs.k8s.io/docs/user/quick-start/#loading-an-image-into-your-cluster */
async function loadIntoKind(cluster: string, loadable: LoadableImage, outside: LoadOutside): Promise<void> {
  const { image, reference } = loadable
  const inCluster = ['--name', cluster]
  const load = async (...args: readonly string[]): Promise<string> =>
    runLoad({ command: 'kind', args: ['load', ...args], reference }, outside)
  if (image === undefined) {
    await load('docker-image', ...inCluster, reference)
    return
  }
  const listed = await runLoad({ command: 'kind', args: ['get', 'nodes', ...inCluster], reference }, outside)
  const runtime = outside.env['KIND_EXPERIMENTAL_PROVIDER'] ?? ''
  const nodes = listed
    .split(/\s+/)
    .filter((node) => node !== '' && !node.endsWith('-external-load-balancer'))
    .map((node) => inContainer(node, runtime === '' ? 'docker' : runtime))
  if (await importIntoNodes(nodes, { ...loadable, image }, outside)) return
  await withArchive({ image, names: [reference] }, outside, async (path) => load('image-archive', ...inCluster, path))
}

const nodesSchema = v.pipe(v.string(), v.parseJson(), v.array(v.looseObject({ name: v.string(), role: v.string() })))

/** @see https://k3d.io/stable/usage/importing_images/ */
async function loadIntoK3d(cluster: string, loadable: LoadableImage, outside: LoadOutside): Promise<void> {
  const { image, reference } = loadable
  const load = async (what: string): Promise<string> =>
    runLoad({ command: 'k3d', args: ['image', 'import', '--cluster', cluster, what], reference }, outside)
  if (image === undefined) {
    await load(reference)
    return
  }
  const args = ['node', 'list', '--output', 'json']
  const listed = v.safeParse(nodesSchema, await runLoad({ command: 'k3d', args, reference }, outside))
  const nodes = (listed.success ? listed.output : [])
    .filter(({ name, role }) => name.startsWith(`k3d-${cluster}-`) && (role === 'server' || role === 'agent'))
    .map(({ name }) => inContainer(name, 'docker'))
  if (await importIntoNodes(nodes, { ...loadable, image }, outside)) return
  await withArchive({ image, names: [reference] }, outside, load)
}

/** Nodes are containers that have `ctr`. */
function inContainer(name: string, command: string): ContainerdNode {
  return { name, command, before: ['exec', '--interactive', name, 'ctr'] }
}

/** Its own Docker engine takes only the layers that it lacks; other runtimes take an archive. */
async function loadIntoMinikube(profile: string, loadable: LoadableImage, outside: LoadOutside): Promise<void> {
  const { image, reference } = loadable
  const load = async (what: string): Promise<string> =>
    runLoad({ command: 'minikube', args: ['image', 'load', '--profile', profile, what], reference }, outside)
  if (image === undefined) {
    await load(reference)
    return
  }
  const engine = await engineOfMinikube(profile, outside)
  if (engine !== undefined) await loadIntoEngine(loadable, { ...outside, env: { ...outside.env, ...engine } })
  else await withArchive({ image, names: [reference] }, outside, load)
}

/** The variables that lead docker to the engine in a profile; undefined when it has none. */
async function engineOfMinikube(
  profile: string,
  { runProcess, env, signal }: LoadOutside,
): Promise<Readonly<Record<string, string>> | undefined> {
  const args = ['docker-env', '--shell', 'none', '--profile', profile, '--user', 'skaffold']
  const { status, stdout } = await runProcess({ command: 'minikube', args, env, signal })
  const pairs = stdout.split(/\r?\n/).flatMap((line) => /^(DOCKER_\w+)=(.*)$/.exec(line) ?? [])
  const variables = Object.fromEntries(
    stdout.split(/\r?\n/).flatMap((line) => {
      const [, name, value] = /^(DOCKER_\w+)=(.*)$/.exec(line) ?? []
      return name === undefined || value === undefined ? [] : [[name, value.replaceAll(/^"|"$/g, '')]]
    }),
  )
  return status === 0 && pairs.length > 0 ? variables : undefined
}

/** @see https://microk8s.io/docs/sideload */
async function loadIntoMicroK8s(loadable: LoadableImage, outside: LoadOutside): Promise<void> {
  const { image, reference } = loadable
  if (image === undefined) return
  const node: ContainerdNode = { name: 'microk8s', command: 'microk8s', before: ['ctr'] }
  if (await importIntoNodes([node], { ...loadable, image }, outside)) return
  await withArchive({ image, names: [reference] }, outside, async (path) =>
    runLoad({ command: 'microk8s', args: ['images', 'import', path], reference }, outside),
  )
}
