import type { BuildPlan } from '../../../dockerfile/index.ts'
import { onlyStrict, type Platform } from '../../../platform/index.ts'

/**
 * Whether a stage comes out the same whatever is built for: it and all before it that is needed is for the building machine,
 * and nobody asks for the target.
 */
export function isSameForAll(text: string, { plan, index, host }: StageOfPlan): boolean {
  const end = plan.stages[index + 1]?.at.line
  const lines = text.split('\n').slice(0, end === undefined ? undefined : end - 1)
  if (lines.some((line) => /\bTARGET(?:PLATFORM|OS|OSVERSION|ARCH|VARIANT)\b/.test(line))) return false
  const isHost = onlyStrict(host)
  return plan.needed
    .filter((stage) => stage.index <= index)
    .every(({ platform }) => platform !== undefined && isHost.matches(platform))
}

interface StageOfPlan {
  readonly plan: BuildPlan
  readonly index: number
  readonly host: Platform
}
