import { printResources, type ResourceObject } from '../resource/index.ts'
import { ToolError } from '../errors/index.ts'
import type { BuildOptions, BuiltArtifact, Context, GivenImage, Project, RenderOptions } from './contract.ts'
import { givenArtifacts } from './given-images.ts'
import { renderAll } from './render-all.ts'

/**
 * Where the images of a render come from: built now, looked up by their tag in the registry, named by their tag only, or
 * not put in at all.
 */
export type DigestSource = 'local' | 'none' | 'remote' | 'tag'

/** What `render` is asked for. */
export interface RenderProjectOptions {
  readonly build: BuildOptions
  readonly render: RenderOptions
  /** Instead of building or looking up. */
  readonly given?: readonly GivenImage[]
  readonly digestSource: DigestSource
  /** No cluster is asked, and no namespace is filled in. */
  readonly offline: boolean
}

/** The resources as they would be deployed. */
export interface RenderedProject {
  /** One YAML stream. */
  readonly text: string
  readonly objects: readonly ResourceObject[]
}

/**
 * Renders the resources with the images that the digest source says. No cluster is asked for its nodes: without
 * `affinity: true` no placement is written.
 * @throws PLACEMENT_CONFLICT, MANIFEST_UNKNOWN for an image that is not in its registry, and what building and reading the
 *   manifests throw
 */
export async function renderProject(
  context: Context,
  project: Project,
  options: RenderProjectOptions,
): Promise<RenderedProject> {
  const { render, offline, digestSource } = options
  const built = await imagesFor(context, project, options)
  if (digestSource === 'none') {
    context.emit({
      type: 'detail',
      text: "--digest-source set to 'none', tags listed in Kubernetes manifests will be used for render",
    })
  }
  const resources = await renderAll(context, project, {
    built,
    nodes: [],
    offline,
    withInstalled: true,
    render: { affinity: false, ...render },
  })
  return { text: printResources(resources), objects: resources.map(({ object }) => object) }
}

async function imagesFor(
  context: Context,
  project: Project,
  { build, given, digestSource, offline }: RenderProjectOptions,
): Promise<readonly BuiltArtifact[]> {
  if (given !== undefined) return givenArtifacts(given, { ...context, ...build })
  if (digestSource === 'none') return []
  // What builds is large, and most renders build nothing.
  const { buildArtifacts } = await import('./build-project.ts')
  const plan = { ...build, nodes: [], isDeployed: true, isOffline: offline }
  if (digestSource === 'local') return buildArtifacts(context, project, plan)
  const named = await buildArtifacts(context, project, { ...plan, dryRun: true })
  // what the registry has is not what would be built now
  const unbuilt = named.map(({ platforms: _planned, ...artifact }) => artifact)
  return digestSource === 'tag' ? unbuilt : Promise.all(unbuilt.map((artifact) => lookUp(context, artifact)))
}

async function lookUp(context: Context, artifact: BuiltArtifact): Promise<BuiltArtifact> {
  const inspector = await context.inspector()
  try {
    const { digest, platforms } = await inspector.inspect(artifact.reference, context.signal)
    return {
      ...artifact,
      reference: `${artifact.reference}@${digest}`,
      digest,
      ...(platforms === 'unknown' ? {} : { platforms }),
    }
  } catch (error) {
    if (!(error instanceof ToolError) || error.code === 'ABORTED') throw error
    throw new ToolError(
      error.code,
      `failed to resolve the digest of ${artifact.reference}: does the image exist remotely? ${error.message}`,
      { hint: 'build it first with "catamaran build", or now with --digest-source=local', cause: error },
    )
  }
}
