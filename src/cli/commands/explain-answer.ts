import type { ExplainedBuild } from '../../pipeline/index.ts'
import { formatPlatform } from '../../platform/index.ts'

/** For people: every image, below it its platforms with their builder, the reason and the edit. */
export function explainText(explained: readonly ExplainedBuild[]): string {
  return explained
    .map(({ image, explanations }) => {
      const lines = explanations.flatMap(({ platform, builder, reason, edit }) => [
        `  ${formatPlatform(platform)}: ${builder}, because ${reason}`,
        ...(edit === undefined ? [] : [`    edit: ${edit}`]),
      ])
      return `${[image, ...lines].join('\n')}\n`
    })
    .join('')
}

/** For programs. */
export function explainAnswer(explained: readonly ExplainedBuild[]): object {
  return {
    builds: explained.map(({ image, explanations }) => ({
      imageName: image,
      platforms: explanations.map(({ platform, ...rest }) => ({ platform: formatPlatform(platform), ...rest })),
    })),
  }
}
