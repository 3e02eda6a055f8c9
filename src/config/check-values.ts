import { valueOf, type Node } from './node.ts'
import type { Problem } from './problems.ts'
import { readInteger, readItems, readPath, readText } from './read.ts'

/** Finds values that contradict each other or that nothing can be done with. Profiles are applied. */
export function checkValues(configs: readonly Node[]): readonly Problem[] {
  return [...checkImages(configs), ...configs.flatMap(checkNumbers)]
}

function checkImages(configs: readonly Node[]): readonly Problem[] {
  const seen = new Set<string>()
  const artifacts = configs.flatMap((config) => readItems(readPath(config, 'build', 'artifacts')))
  return artifacts.flatMap((artifact): readonly Problem[] => {
    const image = valueOf(artifact, 'image')
    const name = readText(image) ?? ''
    if (image === undefined || !seen.has(name)) {
      seen.add(name)
      return []
    }
    return [
      {
        code: 'CONFIG_CONFLICT',
        message: `the image \`${name}\` is built by two artifacts`,
        at: image.at,
        hint: 'give each artifact an image of its own',
      },
    ]
  })
}

function checkNumbers(config: Node): readonly Problem[] {
  const paths = [
    ['build', 'local', 'concurrency'],
    ['deploy', 'statusCheckDeadlineSeconds'],
  ]
  return paths.flatMap((path): readonly Problem[] => {
    const node = readPath(config, ...path)
    const value = readInteger(node)
    if (node === undefined || value === undefined || value >= 0) return []
    return [
      {
        code: 'CONFIG_VALUE_INVALID',
        message: `\`${path.join('.')}\` cannot be ${value}`,
        at: node.at,
        hint: 'write 0 or more',
      },
    ]
  })
}
