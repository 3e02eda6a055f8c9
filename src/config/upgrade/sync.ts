import type { Entry, Node } from '../node.ts'
import { readText } from '../read.ts'
import { changeItems, givenAt, listNode, mapNode, setMember, textNode } from './edit.ts'
import type { PipelineChange } from './step.ts'

/** `sync` was a mapping of source patterns to destinations until skaffold/v1beta9; it becomes a list of rules. */
export const upgradeSync: PipelineChange = (pipeline, context) => {
  const changed: string[] = []
  const upgraded = changeItems(pipeline, ['build', 'artifacts'], (artifact) => {
    const sync = givenAt(artifact, 'sync')
    if (sync?.kind !== 'map') return setMember(artifact, 'sync', undefined)
    const entries = sync.entries.toSorted((left, right) => (left.key < right.key ? -1 : 1))
    const rules = entries.map((entry) => ruleNode(entry, changed))
    const manual = rules.length === 0 ? undefined : listNode(rules, sync.at)
    return setMember(artifact, 'sync', mapNode({ manual }, sync.at))
  })
  if (changed.length > 0) {
    context.warn(
      `The semantics of sync has changed, the folder structure is no longer flattened but preserved (see https://skaffold.dev/docs/how-tos/filesync/). The likely impacted patterns in your skaffold yaml are: [${changed.join(' ')}]`,
    )
  }
  return upgraded
}

interface SyncRule {
  readonly src: string
  readonly dest: string
  readonly strip?: string
}

function ruleNode(entry: Entry, changed: string[]): Node {
  const rule = syncRule(entry.key, readText(entry.value) ?? '')
  if (rule === undefined) changed.push(entry.key)
  const { src, dest, strip } = rule ?? { src: entry.key, dest: readText(entry.value) ?? '' }
  const text = (value: string | undefined): Node | undefined =>
    value === undefined ? undefined : textNode(value, entry.at)
  return mapNode({ src: text(src), dest: text(dest), strip: text(strip) }, entry.at)
}

/** The rule that does what the pattern did; undefined when there is none. */
function syncRule(pattern: string, dest: string): SyncRule | undefined {
  const [, folder, name] = /^([^*]*\/)?([^/]*)$/.exec(pattern) ?? []
  if (name !== undefined && (name.match(/\*/g) ?? []).length <= 1) {
    return { src: pattern, ...simplified(folder ?? '', dest) }
  }
  const star = pattern.indexOf('***')
  if (star === -1) return undefined
  return { src: pattern.replace('***', '**'), ...simplified(pattern.slice(0, star), dest) }
}

/** A destination that ends with what is stripped needs neither. */
function simplified(strip: string, dest: string): Omit<SyncRule, 'src'> {
  if (strip === '') return { dest }
  if (strip === '/' || dest === '') return { dest, strip }
  const folder = dest.endsWith('/') ? dest : `${dest}/`
  if (!folder.endsWith(strip)) return { dest, strip }
  const tail = strip.startsWith('/') ? strip.slice(1) : strip
  const rest = folder.slice(0, folder.length - tail.length)
  return { dest: rest === '' ? '.' : rest }
}
