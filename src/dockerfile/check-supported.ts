import { ToolError, type ErrorCode } from '../errors/index.ts'
import { isGitSource } from './git-source.ts'
import { formatLocation } from './invalid.ts'
import { nameStage, type BuildPlan, type PlannedStage } from './plan.ts'
import type { Instruction, Location } from './types.ts'

/** Something that only a builder with a container runtime, or another frontend, can do. */
interface Refusal {
  readonly code: ErrorCode
  readonly what: string
  readonly hint: string
}

const otherBuilder =
  'build it with docker or buildah through custom.buildCommand, for example: docker buildx build --platform "$PLATFORMS" --tag "$IMAGE" --push "$BUILD_CONTEXT"'

/**
 * Refuses what the native builder cannot do, at the first place that a needed stage asks for it.
 * @throws DOCKERFILE_FRONTEND_UNKNOWN, DOCKERFILE_NEEDS_RUN, DOCKERFILE_NEEDS_SECRET,
 *   DOCKERFILE_NEEDS_SSH, DOCKERFILE_NEEDS_WINDOWS
 */
export function checkSupported(plan: BuildPlan): void {
  checkFrontend(plan)
  for (const stage of plan.needed) {
    const os = stage.platform?.os ?? plan.wanted.platform.os
    if (os === 'windows') throw refuse(stage, stage.at, windows)
    for (const instruction of stage.instructions) checkInstruction(stage, instruction)
  }
}

/** Refuses one instruction; ONBUILD of a base image brings in instructions that are seen late. */
export function checkInstruction(stage: Pick<PlannedStage, 'index' | 'name'>, instruction: Instruction): void {
  const refusal = refusalOf(instruction)
  if (refusal !== undefined) throw refuse(stage, instruction.at, refusal)
}

/** Whether ADD would download the source. */
export function isUrlSource(source: string): boolean {
  return /^https?:\/\//.test(source) && !isGitSource(source)
}

const windows: Refusal = {
  code: 'DOCKERFILE_NEEDS_WINDOWS',
  what: 'is for Windows, whose images need a Windows builder',
  hint: 'build it with docker on Windows',
}

function checkFrontend({ dockerfile }: BuildPlan): void {
  const { syntax } = dockerfile
  if (syntax === undefined || isKnownFrontend(syntax.image)) return
  throw new ToolError(
    'DOCKERFILE_FRONTEND_UNKNOWN',
    `${formatLocation(syntax.at)}: "# syntax=${syntax.image}" asks for a frontend that the native builder is not`,
    { where: formatLocation(syntax.at), hint: `remove the line, or ${otherBuilder}` },
  )
}

function isKnownFrontend(image: string): boolean {
  const name = /^(?:docker\.io\/)?docker\/dockerfile(?:-upstream)?(?::([\w.-]+))?(?:@sha256:[0-9a-f]+)?$/.exec(image)
  return name !== null && /^(?:latest|labs|master|1(?:\.\d+)*(?:-labs|-rc\d+)?)$/.test(name[1] ?? 'latest')
}

function refusalOf(instruction: Instruction): Refusal | undefined {
  if (instruction.kind === 'run') return refusalOfRun(instruction.flags)
  return undefined
}

function refusalOfRun(flags: readonly string[]): Refusal {
  const mounts = flags.filter((flag) => flag.startsWith('--mount='))
  if (mounts.some((flag) => /[=,]type=ssh(?:,|$)/.test(flag))) {
    return { code: 'DOCKERFILE_NEEDS_SSH', what: 'RUN mounts an ssh agent', hint: otherBuilder }
  }
  if (mounts.some((flag) => /[=,]type=secret(?:,|$)/.test(flag))) {
    return { code: 'DOCKERFILE_NEEDS_SECRET', what: 'RUN mounts a secret', hint: otherBuilder }
  }
  return {
    code: 'DOCKERFILE_NEEDS_RUN',
    what: 'RUN needs a container runtime, which the native builder is not',
    hint: otherBuilder,
  }
}

function refuse(stage: Pick<PlannedStage, 'index' | 'name'>, at: Location, { code, what, hint }: Refusal): ToolError {
  return new ToolError(code, `${formatLocation(at)}: ${nameStage(stage)}: ${what}`, { where: formatLocation(at), hint })
}
