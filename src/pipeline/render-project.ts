import type { NodeFacts } from '../placement/index.ts'
import { renderResources, type RenderedImage } from '../render/index.ts'
import { imageFields, printResources, type Resource, type ResourceObject } from '../resource/index.ts'
import { isToolError } from '../errors/index.ts'
import type { KubeClient } from '../kube/index.ts'
import { buildArtifacts } from './build-project.ts'
import type { BuildOptions, BuiltArtifact, Context, GivenImage, Project, RenderOptions } from './contract.ts'
import { givenArtifacts } from './given-images.ts'
import { loadResources } from './load-resources.ts'

/** What `render` is asked for. */
export interface RenderProjectOptions {
  readonly build: BuildOptions
  readonly render: RenderOptions
  /** Instead of building. */
  readonly given?: readonly GivenImage[]
}

/** The resources as they would be deployed. */
export interface RenderedProject {
  /** One YAML stream. */
  readonly text: string
  readonly objects: readonly ResourceObject[]
}

/**
 * Builds the images, or takes those given, and renders the resources. No cluster is asked: without
 * `affinity: true` nothing is known about nodes, so no placement is written.
 * @throws PLACEMENT_CONFLICT, and what building and reading the manifests throw
 */
export async function renderProject(
  context: Context,
  project: Project,
  { build, render, given }: RenderProjectOptions,
): Promise<RenderedProject> {
  const built =
    given === undefined
      ? await buildArtifacts(context, project, { ...build, nodes: [], isDeployed: true })
      : givenArtifacts(given, { ...context, ...build })
  const resources = await renderAll(context, project, { built, nodes: [], render: { affinity: false, ...render } })
  return { text: printResources(resources), objects: resources.map(({ object }) => object) }
}

/** What rendering for a cluster needs to know. */
export interface RenderAllOptions {
  readonly built: readonly BuiltArtifact[]
  readonly nodes: readonly NodeFacts[]
  readonly render: RenderOptions
  /** The cluster, where there is one: it knows which custom kinds live in namespaces. */
  readonly client?: KubeClient
}

/** Renders the resources of all configurations, each with its own default namespace. */
export async function renderAll(
  context: Context,
  project: Project,
  options: RenderAllOptions,
): Promise<readonly Resource[]> {
  const { render, nodes, client } = options
  const isGke = render.gkeToleration && ((await context.kubeContext()) ?? '').startsWith('gke')
  const loaded = await Promise.all(project.configs.map(async (config) => loadResources(context, config)))
  const images = imagesOfEach(loaded, options.built)
  const rendered = project.configs.map(async (config, index) => {
    const namespace = render.namespace ?? config.deploy.kubectl?.defaultNamespace
    return renderResources({
      resources: loaded[index] ?? [],
      builtImages: images[index] ?? [],
      labels: render.labels,
      ...(namespace === undefined ? {} : { namespace }),
      ...(client === undefined ? {} : { isNamespaced: (object) => isNamespaced(client, object, context.signal) }),
      placement: {
        enabled: render.affinity !== false,
        nodes,
        forced: render.affinity === true,
        gke: isGke,
        inspect: async (reference) => (await context.inspector()).inspect(reference, context.signal),
      },
      emit: context.emit,
    })
  })
  return (await Promise.all(rendered)).flat()
}

/** The images that each configuration's resources name; those that none names go to the first, which then says so. */
function imagesOfEach(
  loaded: readonly (readonly Resource[])[],
  built: readonly BuiltArtifact[],
): readonly (readonly RenderedImage[])[] {
  const names = loaded.map((resources) => new Set(resources.flatMap(imageFields).map(({ value }) => bareName(value))))
  return names.map((own, index) =>
    built
      .filter(
        ({ image }) => own.has(bareName(image)) || (index === 0 && !names.some((all) => all.has(bareName(image)))),
      )
      .map(({ image, reference, platforms }) => ({
        image,
        reference,
        ...(platforms === undefined ? {} : { platforms }),
      })),
  )
}

function bareName(image: string): string {
  return image
    .replace(/^ko:\/\//, '')
    .replace(/:[^/:]*$/, '')
    .toLowerCase()
}

/** A kind that the cluster does not have yet may come with the same deployment: most kinds live in namespaces. */
async function isNamespaced(client: KubeClient, object: ResourceObject, signal: AbortSignal): Promise<boolean> {
  try {
    return await client.isNamespaced(object, signal)
  } catch (error) {
    if (isToolError(error, 'KUBE_UNKNOWN_KIND')) return true
    throw error
  }
}
