import { deployHooksOf } from './cluster-config.ts'
import { defined } from './defined.ts'
import { isToolError } from '../errors/index.ts'
import { isNull, valueOf, type Node } from './node.ts'
import { plainOf } from './print-config.ts'
import { readAs } from './read-as.ts'
import { readBoolean, readInteger, readItems, readPath, readText } from './read.ts'
import { renderNode, type BuildOptions } from './render-node.ts'
import { releaseShape, helmFlagsShape } from './fields/helm.ts'
import type { HelmConfig, HelmFlags, HelmRelease } from './manifest-types.ts'

/** `manifests.helm` or `deploy.helm`; undefined when it was not written. */
export function helmOf(helm: Node | undefined, options: BuildOptions): HelmConfig | undefined {
  if (helm === undefined || isNull(helm)) return undefined
  return {
    flags: readAs<HelmFlags>(valueOf(helm, 'flags'), helmFlagsShape) ?? {},
    releases: readItems(valueOf(helm, 'releases')).map((release) => releaseOf(release, options)),
    ...defined({
      concurrency: readInteger(valueOf(helm, 'concurrency')),
      hooks: deployHooksOf(helm),
    }),
  }
}

function releaseOf(release: Node, options: BuildOptions): HelmRelease {
  const strict = (...path: readonly string[]): string | undefined =>
    nonEmpty(renderNode(readPath(release, ...path), options, true))
  const flag = (key: string): boolean => readBoolean(valueOf(release, key)) ?? false
  return {
    ...readAs<HelmRelease>(release, releaseShape),
    name: strict('name') ?? '',
    ...defined({
      chartPath: strict('chartPath'),
      repo: strict('repo'),
      version: strict('version'),
      namespace: strict('namespace'),
      createNamespace: readBoolean(valueOf(release, 'createNamespace')),
      upgradeOnChange: readBoolean(valueOf(release, 'upgradeOnChange')),
      overrides: overridesOf(valueOf(release, 'overrides')),
      packaged: packagedOf(valueOf(release, 'packaged'), strict),
    }),
    valuesFiles: readItems(valueOf(release, 'valuesFiles')).flatMap((item) => readText(item) ?? []),
    setValues: textsOf(valueOf(release, 'setValues'), (value) => renderIfPossible(value, options)),
    setValueTemplates: textsOf(valueOf(release, 'setValueTemplates'), scalarText),
    setFiles: textsOf(valueOf(release, 'setFiles'), scalarText),
    skipBuildDependencies: flag('skipBuildDependencies'),
    skipTests: flag('skipTests'),
    useHelmSecrets: flag('useHelmSecrets'),
    recreatePods: flag('recreatePods'),
    wait: flag('wait'),
  }
}

function packagedOf(
  packaged: Node | undefined,
  strict: (...path: readonly string[]) => string | undefined,
): HelmRelease['packaged'] {
  if (packaged === undefined || isNull(packaged)) return undefined
  return defined({ version: strict('packaged', 'version'), appVersion: strict('packaged', 'appVersion') })
}

function overridesOf(overrides: Node | undefined): Readonly<Record<string, unknown>> | undefined {
  if (overrides?.kind !== 'map' || overrides.entries.length === 0) return undefined
  return plainOf(overrides, { kind: 'map', of: { kind: 'any' } }) as Readonly<Record<string, unknown>>
}

function textsOf(map: Node | undefined, textOf: (value: Node) => string): Readonly<Record<string, string>> {
  if (map?.kind !== 'map') return {}
  return Object.fromEntries(map.entries.map(({ key, value }) => [key, textOf(value)]))
}

function scalarText(value: Node): string {
  return value.kind === 'scalar' && !isNull(value) ? value.text : ''
}

/** A template that lacks a key stays as it is: it may be one of the chart's. */
function renderIfPossible(value: Node, options: BuildOptions): string {
  try {
    return renderNode(value, options, true) ?? ''
  } catch (error) {
    if (isToolError(error, 'CONFIG_TEMPLATE_INVALID')) return scalarText(value)
    throw error
  }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}
