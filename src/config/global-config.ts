import { ToolError } from '../errors/index.ts'
import { isNull, valueOf, type Node } from './node.ts'
import { matches } from './profiles.ts'
import { readDocuments } from './read-documents.ts'
import { readBoolean, readItems, readText } from './read.ts'
import { placeOf, type Source } from './source.ts'

/** What the file `~/.skaffold/config` says for one kubeconfig context. */
export interface GlobalSettings {
  readonly defaultRepo?: string
  /** Keep slashes of image names below the default repo. */
  readonly multiLevelRepo?: boolean
  /** The cluster runs on this machine, so that images need not be pushed; absent: its context's name tells. */
  readonly localCluster?: boolean
  readonly insecureRegistries: readonly string[]
  readonly debugHelpersRegistry?: string
  readonly kindDisableLoad?: boolean
  readonly k3dDisableLoad?: boolean
  /** Of `docker buildx`. */
  readonly buildxBuilder?: string
}

/** `~/.skaffold/config`, read. */
export interface GlobalConfig {
  readonly source: Source
  /** The mapping of the file; undefined when it is empty. */
  readonly root: Node | undefined
}

/** What a setting holds. */
export type SettingType = 'boolean' | 'text' | 'texts'

/** Every setting of a block, in the order in which Skaffold writes them. */
export const settingTypes: Readonly<Record<string, SettingType>> = {
  'kube-context': 'text',
  'default-repo': 'text',
  'multi-level-repo': 'boolean',
  'local-cluster': 'boolean',
  'insecure-registries': 'texts',
  'debug-helpers-registry': 'text',
  'cache-tag': 'text',
  'update-check': 'boolean',
  'kind-disable-load': 'boolean',
  'k3d-disable-load': 'boolean',
  'collect-metrics': 'boolean',
  'buildx-builder': 'text',
}

/**
 * Reads the text of `~/.skaffold/config`. Settings that catamaran does not know are left alone.
 * @throws CONFIG_YAML_INVALID, GLOBAL_CONFIG_INVALID with file, line and column
 */
export function parseGlobalConfig(text: string, file: string): GlobalConfig {
  const source: Source = { file, text }
  const [root] = readDocuments(source)
  if (root === undefined || isNull(root)) return { source, root: undefined }
  if (root.kind !== 'map') throw invalid(source, root, 'the file is no mapping')
  for (const block of blocksOf({ source, root })) checkBlock(source, block)
  return { source, root }
}

/** Whether what holds depends on the kubeconfig context. */
export function dependsOnContext(config: GlobalConfig): boolean {
  return contextBlocks(config).length > 0
}

/**
 * What holds for a kubeconfig context: the last block whose `kube-context`, a regular expression, is found in its name, and
 * below it the global block. Lists of both are joined.
 */
export function settingsFor(config: GlobalConfig, kubeContext: string | undefined): GlobalSettings {
  const own = kubeContext === undefined ? undefined : blockOf(config, kubeContext)
  const global = valueOf(config.root, 'global')
  const text = (key: string): string | undefined => readText(valueOf(own, key)) ?? readText(valueOf(global, key))
  const flag = (key: string): boolean | undefined => readBoolean(valueOf(own, key)) ?? readBoolean(valueOf(global, key))
  const texts = (block: Node | undefined): readonly string[] =>
    readItems(valueOf(block, 'insecure-registries')).flatMap((item) => readText(item) ?? [])
  return {
    ...given('defaultRepo', text('default-repo')),
    ...given('multiLevelRepo', flag('multi-level-repo')),
    ...given('localCluster', flag('local-cluster')),
    insecureRegistries: [...new Set([...texts(own), ...texts(global)])],
    ...given('debugHelpersRegistry', text('debug-helpers-registry')),
    ...given('kindDisableLoad', flag('kind-disable-load')),
    ...given('k3dDisableLoad', flag('k3d-disable-load')),
    ...given('buildxBuilder', text('buildx-builder')),
  }
}

/** The block that takes effect for a context; undefined when there is none. */
export function blockOf(config: GlobalConfig, kubeContext: string): Node | undefined {
  return contextBlocks(config).findLast((block) => {
    const pattern = readText(valueOf(block, 'kube-context'))
    return pattern !== undefined && matches(pattern, kubeContext)
  })
}

function contextBlocks({ root }: GlobalConfig): readonly Node[] {
  return readItems(valueOf(root, 'kubeContexts'))
}

function blocksOf(config: GlobalConfig): readonly Node[] {
  const global = valueOf(config.root, 'global')
  return [...(global === undefined || isNull(global) ? [] : [global]), ...contextBlocks(config)]
}

function checkBlock(source: Source, block: Node): void {
  if (block.kind !== 'map') throw invalid(source, block, 'a block of settings is no mapping')
  for (const { key, value } of block.entries) {
    const type = Object.hasOwn(settingTypes, key) ? settingTypes[key] : undefined
    if (type === undefined || isNull(value)) continue
    if (!isOfType(value, type)) throw invalid(source, value, `\`${key}\` is ${words[type]}`)
  }
}

const words: Readonly<Record<SettingType, string>> = {
  boolean: '`true` or `false`',
  text: 'a text',
  texts: 'a list of texts',
}

function isOfType(value: Node, type: SettingType): boolean {
  if (type === 'texts') return value.kind === 'list' && value.items.every((item) => item.kind === 'scalar')
  return value.kind === 'scalar' && (type === 'text' || readBoolean(value) !== undefined)
}

function invalid(source: Source, node: Node, reason: string): ToolError {
  return new ToolError('GLOBAL_CONFIG_INVALID', `${source.file} is not a global configuration: ${reason}`, {
    where: placeOf(source, node.at),
    hint: 'correct the file, or name another one with --config',
  })
}

function given<K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [key in K]?: V })
}
