import type { Variables } from './expand.ts'
import { parseTrigger } from './parse.ts'
import { stagesNeeded, type BuildPlan, type PlannedStage } from './plan.ts'

/** What a stage takes over from the image that it starts from. */
export interface Inherited {
  /** The instructions of its ONBUILD, as the image has them. */
  readonly triggers: readonly string[]
  /** Its ENV. */
  readonly variables: Variables
}

/**
 * The plan with what base images add: what their ONBUILD does comes right after FROM, and may need more stages. Stages whose
 * number is not among those given stay as they are.
 * @throws DOCKERFILE_INVALID
 */
export function withInherited(plan: BuildPlan, bases: ReadonlyMap<number, Inherited>): BuildPlan {
  const stages = plan.stages.map((stage) => inherit(stage, bases.get(stage.index)))
  const target = stages[plan.target.index] ?? plan.target
  const needed = stagesNeeded(stages, target)
  return { ...plan, stages, target, needed: stages.filter(({ index }) => needed.has(index)) }
}

function inherit(stage: PlannedStage, base: Inherited | undefined): PlannedStage {
  if (base === undefined) return stage
  const triggers = base.triggers.map((text) => parseTrigger(text, stage.at))
  return { ...stage, variables: base.variables, instructions: [...triggers, ...stage.instructions] }
}
