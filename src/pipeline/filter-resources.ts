import type { SkaffoldConfig } from '../config/index.ts'
import { renderResources } from '../render/index.ts'
import { printResources, type Resource } from '../resource/index.ts'
import type { Context, GivenImage, RenderOptions } from './contract.ts'
import { debugOptionsOf } from './debug-images.ts'
import { givenArtifacts } from './given-images.ts'
import { tryListNodes } from './nodes.ts'

/** What `filter` is asked for. */
export interface FilterOptions {
  readonly resources: readonly Resource[]
  readonly given: readonly GivenImage[]
  readonly render: RenderOptions
  /** Whose artifacts say their runtimes, for `render.debug`. */
  readonly configs?: readonly SkaffoldConfig[]
}

/**
 * Puts images, labels, a namespace and, when asked to, placement into resources of any origin, and prints them.
 * @throws PLACEMENT_CONFLICT
 */
export async function filterResources(
  context: Context,
  { resources, given, render, configs = [] }: FilterOptions,
): Promise<string> {
  const { affinity = false, namespace } = render
  const isGke = render.gkeToleration && ((await context.kubeContext()) ?? '').startsWith('gke')
  const built = givenArtifacts(given, context)
  const filtered = await renderResources({
    resources,
    builtImages: built.map(({ image, reference }) => ({ image, reference })),
    labels: render.labels,
    ...(namespace === undefined ? {} : { namespace }),
    placement: {
      enabled: affinity,
      nodes: affinity ? await tryListNodes(context) : [],
      forced: affinity,
      gke: isGke,
      inspect: async (reference) => (await context.inspector()).inspect(reference, context.signal),
    },
    ...debugOptionsOf(context, configs, { built, render }),
    // a post-renderer sees one chart at a time: that an image is in none of it says nothing
    onUsed: () => {},
    emit: context.emit,
  })
  return printResources(filtered)
}
