import type { DeployHooks, PortForwardConfig, SyncConfig } from './cluster-types.ts'
import { valueOf, type Node } from './node.ts'
import { readAs, shapeAt } from './read-as.ts'
import { readInteger, readItems, readText } from './read.ts'
import { renderNode, type BuildOptions } from './render-node.ts'
import { defined } from './defined.ts'

/** `portForward`; names are templates. */
export function portForwardsOf(config: Node, options: BuildOptions): readonly PortForwardConfig[] | undefined {
  const entries = readItems(valueOf(config, 'portForward'))
  if (entries.length === 0) return undefined
  return entries.map((entry) => ({
    resourceType: (readText(valueOf(entry, 'resourceType')) ?? '').toLowerCase(),
    resourceName: renderNode(valueOf(entry, 'resourceName'), options, true) ?? '',
    port: readInteger(valueOf(entry, 'port')) ?? readText(valueOf(entry, 'port')) ?? '',
    ...defined({
      namespace: renderNode(valueOf(entry, 'namespace'), options, true),
      address: readText(valueOf(entry, 'address')),
      localPort: readInteger(valueOf(entry, 'localPort')),
    }),
  }))
}

/** `build.artifacts[].sync`. */
export function syncOf(artifact: Node): SyncConfig | undefined {
  return readAs<SyncConfig>(valueOf(artifact, 'sync'), shapeAt('build', 'artifacts', 'sync'))
}

/** `deploy.kubectl.hooks`. */
export function deployHooksOf(kubectl: Node | undefined): DeployHooks | undefined {
  return readAs<DeployHooks>(valueOf(kubectl, 'hooks'), shapeAt('deploy', 'kubectl', 'hooks'))
}
