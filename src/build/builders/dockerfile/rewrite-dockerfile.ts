import type { BuildPlan, PlannedStage } from '../../../dockerfile/index.ts'
import type { StageExport } from './choose-builder.ts'

/** What the added stage is called. */
export const exportStage = 'catamaran-export'

/**
 * The Dockerfile with one more stage, that holds only what is copied from another. The platform stands in it because buildah
 * 1.28 takes what it has made of the same files for one platform as the image for another.
 */
export function withExport(text: string, { index, paths }: StageExport, platform: string): string {
  const copies = paths.map((path) => `COPY --from=${index} ${JSON.stringify([path, path])}`)
  return `${text}\n\nFROM scratch AS ${exportStage}\nENV CATAMARAN_PLATFORM=${platform}\n${copies.join('\n')}\n`
}

/** What stands in the place of a stage: an image with what the others copy from it; undefined when nobody does. */
export type Replacement = (index: number) => string | undefined

/**
 * The Dockerfile with stages replaced by images. All other lines keep their numbers, so that errors name the right ones.
 */
export function withReplacedStages(
  text: string,
  {
    plan,
    replaced,
    imageOf,
  }: { readonly plan: BuildPlan; readonly replaced: ReadonlySet<number>; readonly imageOf: Replacement },
): string {
  const lines = text.split('\n')
  for (const stage of plan.stages) {
    if (!replaced.has(stage.index)) continue
    const first = stage.at.line - 1
    const end = (plan.stages[stage.index + 1]?.at.line ?? lines.length + 1) - 1
    lines.fill('', first, end)
    lines[first] = `FROM ${imageOf(stage.index) ?? 'scratch'}${nameOf(stage)}`
  }
  return lines.join('\n')
}

function nameOf({ name }: PlannedStage): string {
  return name === undefined ? '' : ` AS ${name}`
}
