import { isToolError } from '../../errors/index.ts'
import type { ImageFacts, NodeFacts, PodSpec } from '../../placement/index.ts'
import { formatPlatform } from '../../platform/index.ts'
import {
  imageFields,
  placementHint,
  podTemplates,
  refusesPlacement,
  resourceName,
  type ResourceObject,
} from '../../resource/index.ts'
import { createLimiter, memoizeAsync } from '../../support/index.ts'
import type { Context } from '../contract.ts'
import type { CheckedWorkload, CheckReport, CheckRequest } from './contract.ts'
import { judgePod, type LookedAt } from './judge.ts'
import { findWrongPrograms, isWrongFor } from './wrong-programs.ts'

/** Says for every workload where its images run, where they would crash, and what to change. Each image is asked for once. */
export async function checkWorkloads(
  context: Context,
  { resources, nodes, deep = false }: CheckRequest,
): Promise<CheckReport> {
  const limit = createLimiter(16)
  const factsOf = memoizeAsync((reference: string) =>
    limit(async () => {
      const facts = await imageFacts(context, reference)
      return deep ? withPrograms(context, facts, nodes) : facts
    }),
  )
  const checked = await Promise.all(
    resources.map(async (object) => checkOne(object, { nodes, factsOf, others: resources })),
  )
  return { nodes: countNodes(nodes), workloads: checked.flat() }
}

function countNodes(nodes: readonly NodeFacts[]): CheckReport['nodes'] {
  const names = nodes.map(({ platform }) => formatPlatform(platform))
  return [...new Set(names)]
    .toSorted()
    .map((platform) => ({ platform, count: names.filter((name) => name === platform).length }))
}

interface Checking {
  readonly nodes: readonly NodeFacts[]
  readonly factsOf: (reference: string) => Promise<LookedAt>
  readonly others: readonly ResourceObject[]
}

async function checkOne(
  object: ResourceObject,
  { nodes, factsOf, others }: Checking,
): Promise<readonly CheckedWorkload[]> {
  const { namespace } = object.metadata
  const names = { resource: resourceName(object), ...(namespace === undefined ? {} : { namespace }) }
  const known = async (references: readonly string[]): Promise<readonly LookedAt[]> =>
    Promise.all([...new Set(references)].map(factsOf))
  if (refusesPlacement(object)) {
    const images = await known(imageFields({ object }).map(({ value }) => value))
    const hint = placementHint(object)
    const refusal = { refusesPlacement: hint === undefined ? {} : { hint } }
    return images.length === 0 ? [] : [{ ...names, ...judgePod({ podSpec: {}, images, nodes, ...refusal }) }]
  }
  return Promise.all(
    podTemplates({ object }, others).map(async ({ spec, images: references }) => {
      const images = await known(references)
      return { ...names, ...judgePod({ podSpec: unbound(object, spec), images, nodes }) }
    }),
  )
}

/** Where the scheduler has put a pod says nothing about where it may go next time. */
function unbound({ metadata, kind }: ResourceObject, spec: PodSpec): PodSpec {
  if (kind !== 'Pod' || metadata['uid'] === undefined) return spec
  const { nodeName: _bound, ...rest } = spec
  return rest
}

async function imageFacts(context: Context, reference: string): Promise<ImageFacts> {
  try {
    const { platforms, reason } = await (await context.inspector()).inspect(reference, context.signal)
    return { reference, platforms, ...(reason === undefined ? {} : { reason }) }
  } catch (error) {
    if (!isToolError(error) || error.code === 'ABORTED') throw error
    return { reference, platforms: 'unknown', reason: error.message }
  }
}

/** An image without the platforms that only its index believes in. */
async function withPrograms(context: Context, facts: ImageFacts, nodes: readonly NodeFacts[]): Promise<LookedAt> {
  if (facts.platforms === 'unknown') return facts
  const wrong = await findWrongPrograms(context, facts.reference, nodes)
  if (wrong.length === 0) return facts
  return {
    ...facts,
    platforms: facts.platforms.filter((platform) => !isWrongFor(wrong, platform)),
    wrong: wrong.map(({ message }) => message),
  }
}
