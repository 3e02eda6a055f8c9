import { dump } from 'js-yaml'
import { ToolError } from '../errors/index.ts'
import { blockOf, settingTypes, type GlobalConfig, type SettingType } from './global-config.ts'
import { isNull, valueOf, type Node } from './node.ts'
import { plainOf, type Plain } from './print-config.ts'
import { readItems } from './read.ts'
import { closest } from './suggest.ts'
import { listNode, mapNode, setMember, textNode } from './upgrade/edit.ts'

/** One change of `~/.skaffold/config`. */
export interface SettingChange {
  readonly name: string
  /** As typed; the empty text takes the setting away. */
  readonly value: string
  /** Absent: the global block. */
  readonly kubeContext?: string
}

/**
 * The configuration with one setting changed; a value is appended to a setting that is a list. The other settings, also those
 * that catamaran does not know, stay.
 * @throws USAGE in Skaffold's words for a name or value that is none
 */
export function changeSetting(config: GlobalConfig, { name, value, kubeContext }: SettingChange): GlobalConfig {
  const type = Object.hasOwn(settingTypes, name) ? settingTypes[name] : undefined
  if (type === undefined) throw unknownSetting(name)
  const root = config.root ?? mapNode({}, 0)
  const change = (block: Node): Node => setMember(block, name, newValue(valueOf(block, name), { name, value, type }))
  if (kubeContext === undefined) {
    const global = valueOf(root, 'global')
    const block = global === undefined || isNull(global) ? mapNode({}, 0) : global
    return { ...config, root: setMember(root, 'global', change(block)) }
  }
  const blocks = readItems(valueOf(root, 'kubeContexts'))
  const own = blockOf(config, kubeContext)
  const changed = blocks.map((block) => (block === own ? change(block) : block))
  const added = own === undefined ? [change(mapNode({ 'kube-context': textNode(kubeContext, 0) }, 0))] : []
  return { ...config, root: setMember(root, 'kubeContexts', listNode([...changed, ...added], 0)) }
}

/** The whole file as YAML, as Skaffold writes it. */
export function printGlobalConfig({ root }: GlobalConfig): string {
  if (root?.kind !== 'map') return ''
  const blocks = readItems(valueOf(root, 'kubeContexts')).map(ordered)
  const global = valueOf(root, 'global')
  const others = root.entries.filter(({ key }) => key !== 'global' && key !== 'kubeContexts')
  const members: readonly (readonly [string, Plain])[] = [
    ...(global === undefined || isNull(global) ? [] : [['global', ordered(global)] as const]),
    ['kubeContexts', blocks],
    ...others.map(({ key, value }) => [key, plainOf(value, { kind: 'any' })] as const),
  ]
  return print(Object.fromEntries(members))
}

/** The settings of one context, or the global ones, as YAML; undefined when there are none. */
export function printSettings(config: GlobalConfig, kubeContext: string | undefined): string | undefined {
  const block = kubeContext === undefined ? valueOf(config.root, 'global') : blockOf(config, kubeContext)
  return block === undefined || isNull(block) ? undefined : print(ordered(block))
}

function print(value: Plain): string {
  return dump(value, { indent: 4, lineWidth: -1, noRefs: true })
}

function ordered(block: Node): Plain {
  if (block.kind !== 'map') return {}
  const names = Object.keys(settingTypes)
  const rank = (key: string): number => (names.includes(key) ? names.indexOf(key) : names.length)
  const entries = block.entries.toSorted((left, right) => rank(left.key) - rank(right.key))
  return Object.fromEntries(
    entries.map(({ key, value }) => [
      key,
      plainOf(value, settingTypes[key] === 'text' ? { kind: 'string' } : { kind: 'any' }),
    ]),
  )
}

interface NewValue {
  readonly name: string
  readonly value: string
  readonly type: SettingType
}

function newValue(before: Node | undefined, { name, value, type }: NewValue): Node | undefined {
  if (value === '') return undefined
  if (type === 'text') return textNode(value, 0)
  if (type === 'texts') return listNode([...readItems(before), textNode(value, 0)], 0)
  if (!/^(?:1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(value)) {
    throw new ToolError('USAGE', `${value} is not a valid value for field ${name}`, { hint: 'write true or false' })
  }
  return { kind: 'scalar', text: String(/^[1tT]/.test(value)), plain: true, at: 0 }
}

function unknownSetting(name: string): ToolError {
  const known = Object.keys(settingTypes).filter((key) => key !== 'kube-context')
  const meant = closest(name, known)
  return new ToolError('USAGE', `${name} is not a valid config field`, {
    hint: meant === undefined ? `use one of ${known.join(', ')}` : `did you mean ${meant}?`,
  })
}
