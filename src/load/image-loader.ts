import { isToolError } from '../errors/index.ts'
import type { KubeClient } from '../kube/index.ts'
import { formatReference, parseReference } from '../reference/index.ts'
import { loadInto } from './cluster-loaders.ts'
import type { ImageLoader, LoadOutside } from './contract.ts'
import type { LocalCluster } from './local-cluster.ts'

/** What a loader works with. */
export interface ImageLoaderParts extends LoadOutside {
  /** Knows what the nodes have. */
  readonly connect: () => Promise<KubeClient>
}

const titles: Readonly<Record<LocalCluster['kind'], string>> = {
  docker: "Docker's engine",
  k3d: 'k3d cluster nodes',
  kind: 'kind cluster nodes',
  microk8s: 'MicroK8s',
  minikube: 'minikube',
}

/**
 * Loads images into a cluster on this machine: not at all when all nodes have them, and otherwise with no layer that is
 * there already.
 */
export function createImageLoader(cluster: Pick<LocalCluster, 'kind' | 'name'>, parts: ImageLoaderParts): ImageLoader {
  const load = loadInto(cluster, parts)
  let known: Promise<ReadonlySet<string>> | undefined
  return {
    title: titles[cluster.kind],
    async load(image) {
      known ??= namesOnNodes(parts)
      if ((await known).has(wholeName(image.reference))) return 'Found'
      await load(image)
      return 'Loaded'
    },
  }
}

/** Names of images that every node has. Kubelets list only some, so that one which is not among them may be there, too. */
async function namesOnNodes({ connect, signal }: ImageLoaderParts): Promise<ReadonlySet<string>> {
  try {
    const client = await connect()
    const nodes = await client.list({ apiVersion: 'v1', kind: 'Node' }, { signal })
    const lists = nodes.map(({ status }) => new Set(namesIn(status)))
    const [first = new Set<string>(), ...others] = lists
    return new Set([...first].filter((name) => others.every((list) => list.has(name))))
  } catch (error) {
    signal.throwIfAborted()
    // who may not look at nodes loads everything
    if (isToolError(error)) return new Set()
    throw error
  }
}

function namesIn(status: unknown): readonly string[] {
  const images = member(status, 'images')
  return list(images).flatMap((image) =>
    list(member(image, 'names')).flatMap((name) => (typeof name === 'string' ? [name] : [])),
  )
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value
    ? (value as Record<string, unknown>)[name]
    : undefined
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : []
}

/** As containerd and the kubelet spell it: `docker.io/library/app:1`. */
function wholeName(reference: string): string {
  return formatReference(parseReference(reference))
}
