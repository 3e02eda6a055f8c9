import type { ConfigDocument } from './documents.ts'
import { isNull, valueOf, type Node } from './node.ts'
import { throwProblems, type Problem } from './problems.ts'
import { readItems, readPath, readText } from './read.ts'

/** Which kinds of artifacts are built where, as in Skaffold. */
const built = {
  local: ['docker', 'bazel', 'ko', 'jib', 'buildpacks', 'custom'],
  cluster: ['kaniko', 'custom'],
  googleCloudBuild: ['docker', 'kaniko', 'jib', 'buildpacks', 'ko'],
} as const

type Place = keyof typeof built
const places: readonly Place[] = ['local', 'cluster', 'googleCloudBuild']
const kinds = ['docker', 'bazel', 'ko', 'jib', 'kaniko', 'buildpacks', 'custom'] as const

/**
 * Checks that artifacts are of kinds that are built where the configuration says, and how long that may take. Profiles are
 * applied.
 * @throws CONFIG_CONFLICT, CONFIG_VALUE_INVALID
 */
export function checkBuilders(documents: readonly ConfigDocument[]): void {
  for (const { source, root } of documents) throwProblems(source, [...checkPlace(root), ...checkDurations(root)])
}

/** Times of builds in a cluster, as Go writes them. */
function checkDurations(config: Node): readonly Problem[] {
  const build = readPath(config, 'build')
  const artifacts = readItems(valueOf(build, 'artifacts'))
  return [
    ...checkDuration(readPath(build, 'cluster', 'timeout'), 'build.cluster.timeout'),
    ...artifacts.flatMap((artifact, index) =>
      checkDuration(readPath(artifact, 'kaniko', 'copyTimeout'), `build.artifacts[${index}].kaniko.copyTimeout`),
    ),
  ]
}

function checkDuration(node: Node | undefined, path: string): readonly Problem[] {
  const text = readText(node)
  if (node === undefined || text === undefined || /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return []
  const message = `\`${path}\` is no duration: ${text}`
  return [{ code: 'CONFIG_VALUE_INVALID', message, at: node.at, hint: 'write one like 90s, 20m or 1h30m' }]
}

function checkPlace(config: Node): readonly Problem[] {
  const build = readPath(config, 'build')
  const place = places.find((one) => isWritten(valueOf(build, one))) ?? 'local'
  return readItems(valueOf(build, 'artifacts')).flatMap((artifact, index): readonly Problem[] => {
    const kind = kinds.find((one) => isWritten(valueOf(artifact, one)))
    if (kind === undefined || isBuilt(kind, place)) return []
    const at = artifact.kind === 'map' ? artifact.entries.find(({ key }) => key === kind)?.at : undefined
    const elsewhere = places.filter((other) => isBuilt(kind, other)).map((other) => `\`build.${other}\``)
    return [
      {
        code: 'CONFIG_CONFLICT',
        message: `\`build.artifacts[${index}].${kind}\` is not built by \`build.${place}\``,
        at: at ?? artifact.at,
        hint: `build it with ${elsewhere.join(' or ')}, or make it one of ${built[place].join(', ')}`,
      },
    ]
  })
}

function isBuilt(kind: (typeof kinds)[number], place: Place): boolean {
  const all: readonly string[] = built[place]
  return all.includes(kind)
}

function isWritten(node: Node | undefined): boolean {
  return node !== undefined && !isNull(node)
}
