import { isToolError } from '../errors/index.ts'
import { parsePlatformSet } from '../platform/index.ts'
import { parseReference } from '../reference/index.ts'
import { checkArtifacts } from './check-artifacts.ts'
import { checkRequires, readGraph } from './check-requires.ts'
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
  const graph = readGraph(documents)
  for (const { source, root } of documents) {
    throwProblems(source, [
      ...checkImages(root, images),
      ...checkImageNames(root),
      ...checkPlatforms(root),
      ...checkArtifacts(root),
      ...checkRequires(root, graph),
      ...checkPorts(root),
      ...checkNumbers(root),
      ...checkDocumentName(root, names),
      ...checkContainers(root, names),
      ...checkNames(root, names),
    ])
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

/** What is no name of an image cannot be built under any other. */
function checkImageNames(config: Node): readonly Problem[] {
  return readItems(readPath(config, 'build', 'artifacts')).flatMap((artifact) => {
    const image = valueOf(artifact, 'image')
    const name = readText(image)
    if (image === undefined || name === undefined || name.includes('{{')) return []
    // ko's import paths and names in upper case become names of images later
    return problemsOf(() => parseReference(name.replace(/^ko:\/\//, '').toLowerCase()), image.at)
  })
}

function checkPlatforms(config: Node): readonly Problem[] {
  const artifacts = readItems(readPath(config, 'build', 'artifacts'))
  return [readPath(config, 'build', 'platforms'), ...artifacts.map((artifact) => valueOf(artifact, 'platforms'))]
    .flatMap(readItems)
    .flatMap((item) => problemsOf(() => parsePlatformSet([readText(item) ?? ''], anyHost), item.at))
}

/** Only whether it is a platform counts here. */
const anyHost = { os: 'linux', architecture: 'arm64' }

function problemsOf(read: () => unknown, at: number): readonly Problem[] {
  try {
    read()
    return []
  } catch (error) {
    if (!isToolError(error)) throw error
    const { code, message, hint } = error
    return [{ code, message, at, ...(hint === undefined ? {} : { hint }) }]
  }
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

/** A configuration is known by its name, too. */
function checkDocumentName(config: Node, seen: Set<string>): readonly Problem[] {
  const node = readPath(config, 'metadata', 'name')
  const name = readText(node)
  if (node === undefined || name === undefined) return []
  return seenTwice(seen, {
    key: `metadata ${name}`,
    at: node.at,
    message: `multiple skaffold configs named "${name}" found`,
  })
}

/** Containers of verifications, and of actions, are told apart by their names. */
function checkContainers(config: Node, seen: Set<string>): readonly Problem[] {
  const verified = readItems(valueOf(config, 'verify')).map((test) => ['verify', valueOf(test, 'container')] as const)
  const acting = readItems(valueOf(config, 'customActions')).flatMap((action) =>
    readItems(valueOf(action, 'containers')).map((container) => ['customActions', container] as const),
  )
  return [
    ...emptyActions(config),
    ...[...verified, ...acting].flatMap(([section, container]) => {
      const node = valueOf(container, 'name')
      const name = readText(node)
      if (node === undefined || name === undefined) return []
      const message =
        section === 'verify'
          ? `found duplicate container name '${name}' in 'verify' test cases. 'verify' container names must be unique`
          : `found duplicate container name ${name} in custom action. Container names must be unique`
      return seenTwice(seen, { key: `${section} container ${name}`, at: node.at, message })
    }),
  ]
}

function emptyActions(config: Node): readonly Problem[] {
  return readItems(valueOf(config, 'customActions')).flatMap((action) => {
    if (readItems(valueOf(action, 'containers')).length > 0) return []
    const message = `the action \`${readText(valueOf(action, 'name')) ?? ''}\` has no containers`
    return [{ code: 'CONFIG_MISSING_FIELD', message, at: action.at, hint: 'add `containers`' } as const]
  })
}

function seenTwice(
  seen: Set<string>,
  { key, at, message }: { readonly key: string; readonly at: number; readonly message: string },
): readonly Problem[] {
  if (seen.has(key)) return [{ code: 'CONFIG_CONFLICT', message, at, hint: 'give each a name of its own' }]
  seen.add(key)
  return []
}

const forwarded =
  'container cronjob daemonset deployment job pod replicaset replicationcontroller service statefulset'.split(' ')

function checkPorts(config: Node): readonly Problem[] {
  return readItems(valueOf(config, 'portForward')).flatMap((forward): readonly Problem[] => {
    const node = valueOf(forward, 'resourceType')
    const type = readText(node)
    if (node === undefined || type === undefined || forwarded.includes(type.toLowerCase())) return []
    return [
      {
        code: 'CONFIG_VALUE_INVALID',
        message: `${type} is not a valid resource type for port forwarding: it is one of ${forwarded.join(', ')}`,
        at: node.at,
        hint: 'name a kind of resource that has pods',
      },
    ]
  })
}

function checkNumbers(config: Node): readonly Problem[] {
  const paths = [
    ['build', 'cluster', 'concurrency'],
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
