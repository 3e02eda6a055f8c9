import { isToolError } from '../errors/index.ts'
import type { KubeClient, ObjectRef } from '../kube/index.ts'
import { explainPod, type ImageFacts, type NodeAnswer, type NodeFacts } from '../placement/index.ts'
import { isMapping, podImages } from '../resource/index.ts'
import { podPlacements } from '../status/index.ts'
import { memoizeAsync } from '../support/index.ts'
import type { BuiltArtifact, Context, LandedPod } from './contract.ts'

/** What was deployed, and what is known about images and nodes. */
export interface LandedOptions {
  readonly refs: readonly ObjectRef[]
  readonly nodes: readonly NodeFacts[]
  readonly built: readonly BuiltArtifact[]
}

/** Where the pods of the deployed objects run, and why there; says each with a `podPlaced` event. */
export async function landedPods(
  context: Context,
  client: KubeClient,
  { refs, nodes, built }: LandedOptions,
): Promise<readonly LandedPod[]> {
  const { signal } = context
  const placements = await podPlacements(client, { objects: refs, signal })
  const factsOf = memoizeAsync((reference: string) => imageFacts(context, reference, built))
  const landed = await Promise.all(
    placements.map(async (placement) => {
      const ref = { apiVersion: 'v1', kind: 'Pod', namespace: placement.namespace, name: placement.pod }
      const pod = await client.get(ref, signal)
      const spec = pod?.['spec']
      const answers = isMapping(spec) && nodes.length > 0 ? await explain(spec, nodes, factsOf) : []
      // A DaemonSet binds each of its pods to one node: that says nothing about where the others may run.
      const isBound = pod?.metadata.ownerReferences?.some(({ kind }) => kind === 'DaemonSet') === true
      return { ...placement, reason: describe(answers, { node: placement.node, isBound }) }
    }),
  )
  for (const pod of landed) if (pod.node !== '') context.emit({ type: 'podPlaced', ...pod })
  return landed
}

/** Where the pod could have gone before the scheduler bound it. */
async function explain(
  spec: Readonly<Record<string, unknown>>,
  nodes: readonly NodeFacts[],
  factsOf: (reference: string) => Promise<ImageFacts>,
): Promise<readonly NodeAnswer[]> {
  const { nodeName: _bound, ...podSpec } = spec
  const references = podImages(podSpec)
    .filter((field) => !field.ephemeral)
    .map((field) => field.value)
  const images = await Promise.all([...new Set(references)].map(factsOf))
  return explainPod({ podSpec, images, nodes })
}

async function imageFacts(context: Context, reference: string, built: readonly BuiltArtifact[]): Promise<ImageFacts> {
  const known = built.find((artifact) => artifact.reference === reference)?.platforms
  if (known !== undefined) return { reference, platforms: known }
  try {
    const { platforms, reason } = await (await context.inspector()).inspect(reference, context.signal)
    return { reference, platforms, ...(reason === undefined ? {} : { reason }) }
  } catch (error) {
    if (!isToolError(error) || error.code === 'ABORTED') throw error
    return { reference, platforms: 'unknown', reason: error.message }
  }
}

function describe(
  answers: readonly NodeAnswer[],
  { node, isBound }: { readonly node: string; readonly isBound: boolean },
): string {
  const own = answers.find((answer) => answer.node === node)
  if (own === undefined) return node === '' ? 'it waits for a node' : 'the nodes could not be read'
  const others = answers.filter((answer) => answer.platform !== own.platform)
  const excluded = others.filter((answer) => (isBound ? answer.verdict === 'cannotRun' : !answer.canRun))
  const reasons = [...new Set(excluded.map((answer) => `not on ${answer.platform}: ${answer.reason}`))]
  // the tag is enough to know the image by
  return [own.reason, ...reasons].join('; ').replaceAll(/(?<=:[\w.-]+)@sha256:[0-9a-f]{64}/g, '')
}
