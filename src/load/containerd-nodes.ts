import { isToolError } from '../errors/index.ts'
import type { Image } from '../image/index.ts'
import { runLoad } from './load-failure.ts'
import type { LoadableImage, LoadOutside } from './contract.ts'
import { withArchive } from './write-archive.ts'

/** How containerd's `ctr` is called on a node. */
export interface ContainerdNode {
  readonly name: string
  readonly command: string
  /** What stands before the arguments of `ctr`. */
  readonly before: readonly string[]
}

/**
 * Imports an image into the containerd of every node, with only those layers in the archive that some node lacks. False:
 * it did not work this way, and nothing was harmed.
 */
export async function importIntoNodes(
  nodes: readonly ContainerdNode[],
  { reference, image }: LoadableImage & { readonly image: Image },
  outside: LoadOutside,
): Promise<boolean> {
  try {
    const known = await knownEverywhere(nodes, reference, outside)
    const isKnown = ({ descriptor }: Image['layers'][number]): boolean => known.has(descriptor.digest)
    await withArchive({ image, names: [reference], isKnown }, outside, async (path) => {
      for (const node of nodes) {
        // a node that was given the image by its kubelet meanwhile takes it again: that changes nothing
        const args = [...node.before, '--namespace=k8s.io', 'images', 'import', '--all-platforms', '-']
        await runLoad({ command: node.command, args, inputFile: path, reference }, outside)
      }
    })
    return nodes.length > 0
  } catch (error) {
    outside.signal.throwIfAborted()
    if (isToolError(error, 'IMAGE_LOAD_FAILED')) return false
    throw error
  }
}

/** Blobs that all nodes have. */
async function knownEverywhere(
  nodes: readonly ContainerdNode[],
  reference: string,
  outside: LoadOutside,
): Promise<ReadonlySet<string>> {
  const lists = await Promise.all(
    nodes.map(async ({ command, before }) => {
      const args = [...before, '--namespace=k8s.io', 'content', 'ls', '--quiet']
      return new Set((await runLoad({ command, args, reference }, outside)).split(/\s+/))
    }),
  )
  const [first = new Set<string>(), ...others] = lists
  return new Set([...first].filter((digest) => others.every((list) => list.has(digest))))
}
