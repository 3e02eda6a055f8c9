import { ToolError } from '../errors/index.ts'
import type { NodeGroup } from '../pipeline/index.ts'
import type { ParsedFlags } from './flags/index.ts'

const groups: readonly NodeGroup[] = ['cordoned', 'virtual', 'control-plane']

/** The nodes that `--leave-out-nodes` names. */
export function leftOutNodes(flags: ParsedFlags): readonly NodeGroup[] {
  if (!flags.has('leave-out-nodes')) return []
  return flags.list('leave-out-nodes').map((word) => {
    const group = groups.find((one) => one === word)
    if (group !== undefined) return group
    throw new ToolError('USAGE', `--leave-out-nodes=${word} names no group of nodes`, {
      hint: `use ${groups.join(', ')}`,
    })
  })
}
