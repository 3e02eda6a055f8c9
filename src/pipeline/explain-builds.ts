import type { Explanation } from '../build/index.ts'
import type { BuildOptions, Context, Project } from './contract.ts'
import { nodesForBuild } from './nodes.ts'
import { planBuilds } from './plan-builds.ts'

/** Who would build an artifact, platform by platform. */
export interface ExplainedBuild {
  /** The artifact's name in the config. */
  readonly image: string
  readonly explanations: readonly Explanation[]
}

/**
 * Says who would build every artifact for each of its platforms, and why; nothing is built.
 * @throws what {@link planBuilds} throws, and the mistakes of Dockerfiles
 */
export async function explainBuilds(
  context: Context,
  project: Project,
  options: BuildOptions,
): Promise<readonly ExplainedBuild[]> {
  const nodes = await nodesForBuild(context, project, options)
  const plan = await planBuilds(context, project, { ...options, nodes, isDeployed: false, dryRun: true })
  return Promise.all(
    plan.map(async ({ artifact, contextFolder, platforms }) => {
      const { kind } = artifact.builder
      const builder = await context.builder(artifact)
      const { signal } = context
      const explanations = await builder.explain?.({ artifact, contextFolder, platforms, signal })
      return {
        image: artifact.image,
        explanations:
          explanations ?? platforms.map((platform) => ({ platform, builder: kind, reason: 'the artifact names it' })),
      }
    }),
  )
}
