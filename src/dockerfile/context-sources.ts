import { isUrlSource } from './check-supported.ts'
import { expandInstruction } from './expand-instruction.ts'
import type { Variables } from './expand.ts'
import { isGitSource } from './git-source.ts'
import type { BuildPlan, PlannedStage } from './plan.ts'
import { bindMounts } from './run-mounts.ts'
import type { CopyInstruction, Location, RunInstruction } from './types.ts'

/** Files of the build context that an instruction copies, or a RUN mounts. */
export interface ContextSource {
  /** As written, variables replaced: a path or a pattern, relative to the context. */
  readonly source: string
  readonly parents: boolean
  readonly exclude: readonly string[]
  readonly at: Location
}

/**
 * What the needed stages copy, or mount, from the build context. Variables of a base image are empty where the plan does not
 * have them.
 * @throws DOCKERFILE_INVALID
 */
export function contextSources(plan: BuildPlan): readonly ContextSource[] {
  const ends = new Map<number, Variables>()
  return plan.needed.flatMap((stage) => sourcesOf(stage, plan, ends))
}

function sourcesOf(stage: PlannedStage, plan: BuildPlan, ends: Map<number, Variables>): readonly ContextSource[] {
  const { globals, wanted, dockerfile } = plan
  let variables: Variables = (stage.base.kind === 'stage' ? ends.get(stage.base.index) : stage.variables) ?? new Map()
  const sources: ContextSource[] = []
  for (const instruction of stage.instructions) {
    const scope = { variables, globals, buildArgs: wanted.buildArgs, escape: dockerfile.escape }
    const expanded = expandInstruction(instruction, scope)
    variables = expanded.variables
    const { kind, at } = expanded.instruction
    if (kind === 'copy' || kind === 'add') sources.push(...localSources(expanded.instruction, at))
    if (kind === 'run') sources.push(...mountedSources(expanded.instruction, at))
  }
  ends.set(stage.index, variables)
  return sources
}

function localSources(instruction: CopyInstruction, at: Location): readonly ContextSource[] {
  if (instruction.from !== undefined) return []
  const local = instruction.sources.filter(
    (source) => instruction.kind === 'copy' || !(isUrlSource(source) || isGitSource(source)),
  )
  return local.map((source) => ({ source, parents: instruction.parents, exclude: instruction.exclude, at }))
}

/** A path with variables could be any. */
function mountedSources(instruction: RunInstruction, at: Location): readonly ContextSource[] {
  return bindMounts(instruction)
    .filter(({ from }) => from === undefined)
    .map(({ source }) => ({ source: source.includes('$') ? '.' : source, parents: false, exclude: [], at }))
}
