import type { DockerArtifact } from '../../../config/index.ts'
import {
  checkInstruction,
  checkSupported,
  findOrigin,
  formatLocation,
  nameStage,
  type BuildPlan,
  type CopyInstruction,
  type Instruction,
  type PlannedStage,
} from '../../../dockerfile/index.ts'
import { isToolError, type ErrorCode, type ToolError } from '../../../errors/index.ts'
import type { Platform } from '../../../platform/index.ts'
import { suggestEdit } from './suggest-edit.ts'

/** Who builds a Dockerfile for one platform, and why. */
export type Choice =
  | { readonly kind: 'native'; readonly reason: string }
  /** An engine builds some stages, and what is copied from them goes into an image that is made natively. */
  | (ByEngine & { readonly kind: 'hybrid'; readonly exports: readonly StageExport[] })
  | (ByEngine & { readonly kind: 'engine' })

interface ByEngine {
  readonly reason: string
  /** What the native builder says to the whole Dockerfile; absent when only the artifact's fields ask for an engine. */
  readonly refusal?: ToolError
  /** Where programs run. */
  readonly runs: readonly StageRun[]
  /** The one edit that leaves more to the native builder. */
  readonly edit?: string
}

/** A stage that runs programs. */
export interface StageRun {
  readonly stage: string
  readonly where: string
  readonly platform: Platform
}

/** What the other stages copy from a stage. */
export interface StageExport {
  readonly index: number
  /** Absolute, cleaned; folders with all that is in them. */
  readonly paths: readonly string[]
}

/** What the native builder leaves to others. */
export const handedOver: readonly ErrorCode[] = [
  'BUILD_ARCHIVE_UNSUPPORTED',
  'BUILD_FILE_UNSUPPORTED',
  'DOCKERFILE_FRONTEND_UNKNOWN',
  'DOCKERFILE_NEEDS_GIT',
  'DOCKERFILE_NEEDS_RUN',
  'DOCKERFILE_NEEDS_SECRET',
  'DOCKERFILE_NEEDS_SSH',
  'DOCKERFILE_NEEDS_WINDOWS',
]

/** Refusals of single instructions: stages without them can still be made natively. */
const ofInstructions: readonly ErrorCode[] = ['DOCKERFILE_NEEDS_RUN', 'DOCKERFILE_NEEDS_SECRET', 'DOCKERFILE_NEEDS_SSH']

/** Flags of docker that say what to print and where to put the image: neither is theirs to say. */
const idleFlags = /^(?:-q|--quiet|--progress=.*|--(?:provenance|sbom)=false|--load|--push)$/
/** Flags for what the native builder does, or does not need, anyway. */
const cacheFlags = /^(?:--no-cache|--pull)(?:=true)?$/

/** The flags that an engine gets. */
export function engineFlags({ cliFlags = [] }: DockerArtifact): readonly string[] {
  return cliFlags.filter((flag) => !idleFlags.test(flag))
}

/**
 * Chooses by what the needed stages do: natively when nothing has to run, natively with files of stages that an engine
 * builds when the target itself runs nothing, else by an engine.
 * @throws DOCKERFILE_INVALID
 */
export function chooseBuilder(plan: BuildPlan, docker: DockerArtifact): Choice {
  const field = engineField(docker)
  const refusal = refusalOf(() => checkSupported(plan))
  const refused = plan.needed.filter((stage) => stageRefusal(stage) !== undefined)
  const runs = refused.flatMap((stage) => runOf(stage, plan))
  if (field !== undefined) return { kind: 'engine', reason: field, runs, ...(refusal === undefined ? {} : { refusal }) }
  if (refusal === undefined) return { kind: 'native', reason: 'nothing in it has to run' }
  const engineStages = withDescendants(refused, plan)
  const edit = suggestEdit(plan, refused, engineStages)
  const byEngine = { reason: refusal.message, refusal, runs, ...(edit === undefined ? {} : { edit }) }
  if (!ofInstructions.includes(refusal.code) || engineStages.has(plan.target.index)) {
    return { kind: 'engine', ...byEngine }
  }
  return { kind: 'hybrid', ...byEngine, exports: exportsOf(plan, engineStages) }
}

/** Stages that cannot be made natively: the refused ones, and those that start from one of them. */
export function engineStagesOf(plan: BuildPlan): ReadonlySet<number> {
  return withDescendants(
    plan.needed.filter((stage) => stageRefusal(stage) !== undefined),
    plan,
  )
}

function engineField(docker: DockerArtifact): string | undefined {
  const flag = engineFlags(docker).find((one) => !cacheFlags.test(one))
  if (flag !== undefined) return `docker.cliFlags has ${flag}, which the native builder does not know`
  return docker.squash === true ? 'docker.squash asks for one layer' : undefined
}

function refusalOf(check: () => void): ToolError | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    if (isToolError(error, ...handedOver)) return error
    throw error
  }
}

function stageRefusal(stage: PlannedStage): Instruction | undefined {
  return stage.instructions.find((one) => refusalOf(() => checkInstruction(stage, one)) !== undefined)
}

/** Cloning runs no program of the image. */
function runOf(stage: PlannedStage, plan: BuildPlan): readonly StageRun[] {
  const run = stage.instructions.find(({ kind }) => kind === 'run')
  if (run === undefined) return []
  const platform = stage.platform ?? plan.wanted.platform
  return [{ stage: nameStage(stage), where: formatLocation(run.at), platform }]
}

function withDescendants(stages: readonly PlannedStage[], plan: BuildPlan): ReadonlySet<number> {
  const all = new Set(stages.map(({ index }) => index))
  for (const { index, base } of plan.stages) if (base.kind === 'stage' && all.has(base.index)) all.add(index)
  return all
}

function exportsOf(plan: BuildPlan, engineStages: ReadonlySet<number>): readonly StageExport[] {
  const paths = new Map<number, string[]>()
  for (const stage of plan.needed) {
    if (engineStages.has(stage.index)) continue
    for (const instruction of stage.instructions) {
      const index = copiedFrom(instruction, stage, plan)
      if (index === undefined || !engineStages.has(index) || !isCopy(instruction)) continue
      paths.set(index, [...(paths.get(index) ?? []), ...instruction.sources.map(exportedPath)])
    }
  }
  return [...paths].map(([index, found]) => ({ index, paths: withoutNested(found) }))
}

function isCopy(instruction: Instruction): instruction is Instruction & CopyInstruction {
  return instruction.kind === 'copy'
}

function copiedFrom(instruction: Instruction, stage: PlannedStage, { stages }: BuildPlan): number | undefined {
  if (!isCopy(instruction) || instruction.from === undefined) return undefined
  const origin = findOrigin(instruction.from, stage, { stages, at: instruction.at })
  return origin.kind === 'stage' ? origin.index : undefined
}

/** The source, or the folder that its first name with a wildcard or variable is in. */
function exportedPath(source: string): string {
  const names: string[] = []
  for (const name of source.split('/')) {
    if (/[$*?[\\]/.test(name)) break
    if (name === '..') names.pop()
    else if (name !== '' && name !== '.') names.push(name)
  }
  return `/${names.join('/')}`
}

/** What lies in another path comes with it. */
function withoutNested(paths: readonly string[]): readonly string[] {
  const unique = [...new Set(paths)].sort()
  return unique.filter(
    (path) => !unique.some((other) => other !== path && path.startsWith(other === '/' ? '/' : `${other}/`)),
  )
}
