import type { ConfigDocument } from './documents.ts'
import { testsIn, type InspectedTest } from './inspect-tests.ts'
import { isNull, valueOf, type Node } from './node.ts'
import { readItems, readPath, readText, readTexts } from './read.ts'

/** Where images are built. */
export type BuildEnvironment = 'cluster' | 'googleCloudBuild' | 'local'

/** What tools ask about one configuration. */
export interface InspectedConfig {
  /** As it appears in messages. */
  readonly file: string
  /** Which document of its file. */
  readonly index: number
  readonly name?: string
  readonly buildEnvironment: BuildEnvironment
  readonly profiles: readonly { readonly name: string; readonly buildEnvironment?: BuildEnvironment }[]
  /** `deploy.kubectl.defaultNamespace` as written, and what `-n` in its flags says. */
  readonly defaultNamespace?: string
  readonly flagNamespace?: string
  readonly verify: readonly InspectedAction[]
  readonly customActions: readonly InspectedAction[]
  readonly tests: readonly InspectedTest[]
}

/** How a verification or action is run. */
export interface InspectedAction {
  readonly name: string
  readonly mode: 'kubernetesCluster' | 'local'
  readonly jobManifestPath?: string
}

/** What tools ask about the configurations of a project; `originals` are the same before profiles were applied. */
export function inspectConfigs(
  documents: readonly ConfigDocument[],
  originals: readonly ConfigDocument[],
): readonly InspectedConfig[] {
  return documents.map((document, at): InspectedConfig => {
    const original = originals[at] ?? document
    const { file } = document.source
    const name = readText(readPath(document.root, 'metadata', 'name'))
    const kubectl = readPath(document.root, 'deploy', 'kubectl')
    const defaultNamespace = readText(valueOf(kubectl, 'defaultNamespace'))
    const flagNamespace = namespaceIn([...flagsOf(kubectl, 'global'), ...flagsOf(kubectl, 'apply')])
    return {
      file,
      index: originals.slice(0, at).filter((other) => other.source.file === file).length,
      ...(name === undefined ? {} : { name }),
      buildEnvironment: environmentOf(document.root) ?? 'local',
      profiles: readItems(valueOf(original.root, 'profiles')).map((profile) => {
        const buildEnvironment = environmentOf(profile)
        return {
          name: readText(valueOf(profile, 'name')) ?? '',
          ...(buildEnvironment === undefined ? {} : { buildEnvironment }),
        }
      }),
      ...(defaultNamespace === undefined ? {} : { defaultNamespace }),
      ...(flagNamespace === undefined ? {} : { flagNamespace }),
      verify: actionsIn(document.root, 'verify'),
      customActions: actionsIn(document.root, 'customActions'),
      tests: testsIn(document.root),
    }
  })
}

/** Names of the environments, in the order in which Skaffold looks for them. */
export const buildEnvironments: readonly BuildEnvironment[] = ['googleCloudBuild', 'cluster', 'local']

function environmentOf(config: Node): BuildEnvironment | undefined {
  return buildEnvironments.find((kind) => {
    const node = readPath(config, 'build', kind)
    return node !== undefined && !isNull(node)
  })
}

function actionsIn(root: Node, section: string): readonly InspectedAction[] {
  return readItems(valueOf(root, section)).map((action) => {
    const cluster = readPath(action, 'executionMode', 'kubernetesCluster')
    const jobManifestPath = readText(valueOf(cluster, 'jobManifestPath'))
    return {
      name: readText(valueOf(action, 'name')) ?? '',
      mode: cluster === undefined || isNull(cluster) ? 'local' : 'kubernetesCluster',
      ...(jobManifestPath === undefined ? {} : { jobManifestPath }),
    }
  })
}

function flagsOf(kubectl: Node | undefined, key: string): readonly string[] {
  return readTexts(readPath(kubectl, 'flags', key)) ?? []
}

/** The last one counts. */
function namespaceIn(flags: readonly string[]): string | undefined {
  return flags
    .flatMap((flag, at) => {
      const [, joined] = /^(?:--namespace=|-n=?)(.+)$/.exec(flag) ?? []
      if (joined !== undefined) return [joined]
      const isSplit = /^(?:--namespace|-n)$/.test(flag)
      const next = flags[at + 1]
      if (isSplit && next !== undefined) return [next]
      const [, spaced] = /^(?:--namespace|-n)\s+(\S+)$/.exec(flag) ?? []
      return spaced === undefined ? [] : [spaced]
    })
    .at(-1)
}
