import { valueOf, type Node } from './node.ts'
import type { Problem } from './problems.ts'
import { readItems, readPath, readText } from './read.ts'

/** Checks what the parts of artifacts say together, each artifact for itself. */
export function checkArtifacts(config: Node): readonly Problem[] {
  const artifacts = readItems(readPath(config, 'build', 'artifacts'))
  const tests = readItems(valueOf(config, 'test')).flatMap((test) => readItems(valueOf(test, 'custom')))
  return [
    ...artifacts.flatMap((artifact) => [
      ...checkNetwork(valueOf(valueOf(artifact, 'docker'), 'network')),
      ...readItems(readPath(artifact, 'sync', 'manual')).flatMap(checkSyncRule),
      ...checkIgnored(readPath(artifact, 'custom', 'dependencies')),
    ]),
    ...tests.flatMap((test) => checkIgnored(valueOf(test, 'dependencies'))),
    ...checkWorkerPool(readPath(config, 'build', 'googleCloudBuild', 'workerPool')),
  ]
}

/** @see https://docs.docker.com/engine/network/#drivers */
function checkNetwork(node: Node | undefined): readonly Problem[] {
  const mode = readText(node)
  // the name of a container may be a template
  if (node === undefined || mode === undefined || mode.includes('{{')) return []
  if (/^(?:bridge|host|none)$/i.test(mode) || /^container:[a-zA-Z0-9][\w.-]*$/i.test(mode)) return []
  return [
    {
      code: 'CONFIG_VALUE_INVALID',
      message: `\`docker.network\` cannot be ${JSON.stringify(mode)}: it is bridge, host, none, or container: and the name or id of a container`,
      at: node.at,
      hint: 'correct the network',
    },
  ]
}

function checkSyncRule(rule: Node): readonly Problem[] {
  const [source, strip] = [readText(valueOf(rule, 'src')) ?? '', valueOf(rule, 'strip')]
  const prefix = readText(strip)
  if (strip === undefined || prefix === undefined || source.startsWith(prefix)) return []
  return [
    {
      code: 'CONFIG_VALUE_INVALID',
      message: `sync rule pattern '${source}' does not have prefix '${prefix}'`,
      at: strip.at,
      hint: 'strip only what the pattern begins with',
    },
  ]
}

function checkIgnored(dependencies: Node | undefined): readonly Problem[] {
  const ignore = valueOf(dependencies, 'ignore')
  if (ignore === undefined || readItems(ignore).length === 0) return []
  if (valueOf(dependencies, 'command') === undefined && valueOf(dependencies, 'dockerfile') === undefined) return []
  return [
    {
      code: 'CONFIG_CONFLICT',
      message: '`dependencies.ignore` can only be used in conjunction with `dependencies.paths`',
      at: ignore.at,
      hint: 'remove it, or name the files with `paths`',
    },
  ]
}

function checkWorkerPool(node: Node | undefined): readonly Problem[] {
  const pool = readText(node)
  if (node === undefined || pool === undefined) return []
  if (/^projects\/[^/]+\/locations\/[^/]+\/workerPools\/[^/]+$/.test(pool)) return []
  return [
    {
      code: 'CONFIG_VALUE_INVALID',
      message: `invalid value for worker pool: ${pool}. Must match pattern projects/{project}/locations/{location}/workerPools/{worker_pool}`,
      at: node.at,
      hint: 'write the whole name of the pool',
    },
  ]
}
