import type { ConfigDocument } from './documents.ts'
import { valueOf, type Node } from './node.ts'
import { throwProblems, type Problem } from './problems.ts'
import { readInteger, readItems, readPath, readText } from './read.ts'

/**
 * Checks for values that contradict each other or that nothing can be done with. Profiles are applied.
 * @throws CONFIG_CONFLICT, CONFIG_VALUE_INVALID
 */
export function checkValues(documents: readonly ConfigDocument[]): void {
  const images = new Set<string>()
  const names = new Set<string>()
  for (const { source, root } of documents) {
    throwProblems(source, [...checkImages(root, images), ...checkNumbers(root), ...checkNames(root, names)])
  }
}

/** `seen` are the images of the documents before. */
function checkImages(config: Node, seen: Set<string>): readonly Problem[] {
  return readItems(readPath(config, 'build', 'artifacts')).flatMap((artifact): readonly Problem[] => {
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

/** A verification or action is known by its name. `seen` are those of the documents before. */
function checkNames(config: Node, seen: Set<string>): readonly Problem[] {
  return ['verify', 'customActions'].flatMap((section) =>
    readItems(valueOf(config, section)).flatMap((entry): readonly Problem[] => {
      const name = valueOf(entry, 'name')
      const key = `${section} ${readText(name) ?? ''}`
      if (name === undefined || !seen.has(key)) {
        seen.add(key)
        return []
      }
      return [
        {
          code: 'CONFIG_CONFLICT',
          message: `two entries of \`${section}\` have the name \`${readText(name) ?? ''}\``,
          at: name.at,
          hint: 'give each a name of its own',
        },
      ]
    }),
  )
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
