import { isToolError } from '../errors/index.ts'
import type { ImageFacts } from '../placement/index.ts'
import type { PlacementOptions, RenderedImage } from './contract.ts'

/** Where images run: what the build said, else what the registry says, each reference asked once and all at the same time. */
export async function findImageFacts(
  references: Iterable<string>,
  builtImages: readonly RenderedImage[],
  inspect: PlacementOptions['inspect'],
): Promise<ReadonlyMap<string, ImageFacts>> {
  const facts = new Map(builtFacts(builtImages))
  const open = [...new Set(references)].filter((reference) => !facts.has(reference))
  const found = await Promise.all(open.map(async (reference) => inspectOne(reference, inspect)))
  for (const one of found) facts.set(one.reference, one)
  return facts
}

function builtFacts(builtImages: readonly RenderedImage[]): readonly (readonly [string, ImageFacts])[] {
  return builtImages.flatMap(({ reference, platforms }) =>
    platforms === undefined ? [] : [[reference, { reference, platforms }] as const],
  )
}

async function inspectOne(reference: string, inspect: PlacementOptions['inspect']): Promise<ImageFacts> {
  try {
    return { ...(await inspect(reference)), reference }
  } catch (error) {
    if (!isToolError(error) || error.code === 'ABORTED') throw error
    return { reference, platforms: 'unknown', reason: error.message }
  }
}
