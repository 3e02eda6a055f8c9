import type { ActionContainer, CustomAction, CustomTest, ExecutionMode, TestCase, VerifyCase } from './action-types.ts'
import { defined } from './defined.ts'
import { isNull, valueOf, type Node } from './node.ts'
import { readBoolean, readInteger, readItems, readPath, readText, readTexts } from './read.ts'
import { renderNode, type BuildOptions } from './render-node.ts'

/** `test`; undefined when there is none. */
export function testsOf(config: Node, options: BuildOptions): readonly TestCase[] | undefined {
  return list(valueOf(config, 'test'), (test): TestCase => ({
    image: readText(valueOf(test, 'image')) ?? '',
    context: readText(valueOf(test, 'context')) ?? '.',
    custom: readItems(valueOf(test, 'custom')).map((custom) => customTestOf(custom, options)),
    structureTests: readTexts(valueOf(test, 'structureTests')) ?? [],
    structureTestsArgs: readTexts(valueOf(test, 'structureTestsArgs')) ?? [],
  }))
}

/** `verify`; undefined when there is none. */
export function verificationsOf(config: Node): readonly VerifyCase[] | undefined {
  return list(valueOf(config, 'verify'), (one): VerifyCase => ({
    name: readText(valueOf(one, 'name')) ?? '',
    container: containerOf(valueOf(one, 'container')),
    executionMode: modeOf(one),
    ...defined({ timeoutSeconds: readInteger(valueOf(one, 'timeout')) }),
  }))
}

/** `customActions`; undefined when there is none. */
export function actionsOf(config: Node): readonly CustomAction[] | undefined {
  return list(valueOf(config, 'customActions'), (action): CustomAction => ({
    name: readText(valueOf(action, 'name')) ?? '',
    containers: readItems(valueOf(action, 'containers')).map(containerOf),
    failFast: readBoolean(valueOf(action, 'failFast')) ?? true,
    executionMode: modeOf(action),
    ...defined({ timeoutSeconds: readInteger(valueOf(action, 'timeout')) }),
  }))
}

function list<T>(node: Node | undefined, read: (item: Node) => T): readonly T[] | undefined {
  const items = readItems(node).map(read)
  return items.length === 0 ? undefined : items
}

function customTestOf(custom: Node, options: BuildOptions): CustomTest {
  const dependencies = valueOf(custom, 'dependencies')
  const timeoutSeconds = readInteger(valueOf(custom, 'timeoutSeconds'))
  return {
    command: renderNode(valueOf(custom, 'command'), options) ?? '',
    ...(timeoutSeconds === undefined || timeoutSeconds <= 0 ? {} : { timeoutSeconds }),
    ...(dependencies?.kind === 'map'
      ? {
          dependencies: defined({
            command: readText(valueOf(dependencies, 'command')),
            paths: readTexts(valueOf(dependencies, 'paths')),
            ignore: readTexts(valueOf(dependencies, 'ignore')),
          }),
        }
      : {}),
  }
}

function containerOf(container: Node | undefined): ActionContainer {
  const env = readItems(valueOf(container, 'env')).map(
    (entry) => [readText(valueOf(entry, 'name')) ?? '', readText(valueOf(entry, 'value')) ?? ''] as const,
  )
  return {
    name: readText(valueOf(container, 'name')) ?? '',
    image: readText(valueOf(container, 'image')) ?? '',
    ...defined({ command: readTexts(valueOf(container, 'command')), args: readTexts(valueOf(container, 'args')) }),
    env: Object.fromEntries(env),
  }
}

/** Without a mode, containers run on this machine. */
function modeOf(holder: Node): ExecutionMode {
  const cluster = readPath(holder, 'executionMode', 'kubernetesCluster')
  if (cluster === undefined || isNull(cluster)) {
    const useLocalImages = readBoolean(readPath(holder, 'executionMode', 'local', 'useLocalImages')) ?? false
    return { kind: 'local', useLocalImages }
  }
  return {
    kind: 'kubernetesCluster',
    ...defined({
      jobManifestPath: readText(valueOf(cluster, 'jobManifestPath')),
      overrides: readText(valueOf(cluster, 'overrides')),
    }),
  }
}
