import type { ConfigDocument } from './documents.ts'
import { valueOf, type Node } from './node.ts'
import type { Problem } from './problems.ts'
import { readItems, readPath, readText } from './read.ts'

/** What artifacts of all documents require of one another. */
export interface ArtifactGraph {
  /** The images that each image requires. */
  readonly requires: ReadonlyMap<string, readonly string[]>
}

/** Gathers who requires whom, over all documents. */
export function readGraph(documents: readonly ConfigDocument[]): ArtifactGraph {
  const artifacts = documents.flatMap(({ root }) => readItems(readPath(root, 'build', 'artifacts')))
  return {
    requires: new Map(
      artifacts.map((artifact) => [
        readText(valueOf(artifact, 'image')) ?? '',
        readItems(valueOf(artifact, 'requires')).map((entry) => readText(valueOf(entry, 'image')) ?? ''),
      ]),
    ),
  }
}

const aliasPattern = /^[a-zA-Z_]\w*$/

/** Checks what the artifacts of one document require. */
export function checkRequires(config: Node, { requires }: ArtifactGraph): readonly Problem[] {
  return readItems(readPath(config, 'build', 'artifacts')).flatMap((artifact) => {
    const name = readText(valueOf(artifact, 'image')) ?? ''
    const aliases = new Set<string>()
    return readItems(valueOf(artifact, 'requires')).flatMap((entry): readonly Problem[] => {
      const image = readText(valueOf(entry, 'image')) ?? ''
      const alias = readText(valueOf(entry, 'alias'))
      const at = (valueOf(entry, 'alias') ?? valueOf(entry, 'image') ?? entry).at
      const isRepeated = aliases.has(alias ?? image)
      aliases.add(alias ?? image)
      if (!requires.has(image)) return [problem(`unknown build dependency "${image}" for artifact "${name}"`, at)]
      if (reaches(requires, image, name)) {
        return [problem(`cycle detected in build dependencies involving "${name}"`, at)]
      }
      if (isRepeated) {
        return [problem(`invalid build dependency for artifact "${name}": alias "${alias ?? image}" repeated`, at)]
      }
      if (alias === undefined || aliasPattern.test(alias)) return []
      return [
        problem(
          `invalid build dependency for artifact "${name}": alias "${alias}" doesn't match required pattern "^[a-zA-Z_][a-zA-Z0-9_]*$"`,
          at,
        ),
      ]
    })
  })
}

function problem(message: string, at: number): Problem {
  return { code: 'CONFIG_VALUE_INVALID', message, at, hint: 'correct `requires` of the artifact' }
}

function reaches(requires: ArtifactGraph['requires'], from: string, to: string): boolean {
  const seen = new Set<string>()
  const open = [from]
  for (let image = open.pop(); image !== undefined; image = open.pop()) {
    if (image === to) return true
    if (!seen.has(image)) open.push(...(requires.get(image) ?? []))
    seen.add(image)
  }
  return false
}
