import { ToolError } from '../errors/index.ts'
import { formatPlatform, isPlatform, normalizePlatform, parsePlatform, type Platform } from '../platform/index.ts'
import { expandText } from './expand-instruction.ts'
import type { BuildTarget } from './build-target.ts'
import type { Variables } from './expand.ts'
import { globalVariables } from './global-variables.ts'
import { invalid } from './invalid.ts'
import { parseTrigger } from './parse.ts'
import { bindMounts } from './run-mounts.ts'
import type { Dockerfile, Instruction, Location, Stage } from './types.ts'

/** Where files come from. */
export type Origin =
  | { readonly kind: 'scratch' }
  | { readonly kind: 'stage'; readonly index: number }
  | { readonly kind: 'image'; readonly name: string }

/** A stage with its FROM understood. */
export interface PlannedStage {
  readonly index: number
  readonly name?: string
  readonly base: Origin
  /** Its own `--platform`, or that of the stage it starts from; absent: the target's. */
  readonly platform?: Platform
  readonly at: Location
  /** ENV of the image that it starts from; absent: not known. */
  readonly variables?: Variables
  /** What ONBUILD of a base stage adds comes first. */
  readonly instructions: readonly Instruction[]
}

/** A Dockerfile for one platform. */
export interface BuildPlan {
  readonly dockerfile: Dockerfile
  readonly wanted: BuildTarget
  readonly globals: Variables
  readonly stages: readonly PlannedStage[]
  readonly target: PlannedStage
  /** The stages that the target needs, itself included, in the order of the file. */
  readonly needed: readonly PlannedStage[]
}

/**
 * Finds out what each stage starts from and which stages the target needs.
 * @throws DOCKERFILE_INVALID, DOCKERFILE_TARGET_UNKNOWN
 */
export function planBuild(dockerfile: Dockerfile, wanted: BuildTarget): BuildPlan {
  const globals = globalVariables(dockerfile, wanted)
  const stages: PlannedStage[] = []
  for (const stage of dockerfile.stages) stages.push(planStage(stage, { dockerfile, wanted, globals, stages }))
  const target = findTarget(stages, wanted.target, dockerfile)
  const needed = stagesNeeded(stages, target)
  return { dockerfile, wanted, globals, stages, target, needed: stages.filter(({ index }) => needed.has(index)) }
}

/**
 * What `--from` of an instruction of that stage means: a stage before it, by number or name, or an image.
 * @throws DOCKERFILE_INVALID
 */
export function findOrigin(
  from: string,
  stage: Pick<PlannedStage, 'index'>,
  among: { readonly stages: readonly PlannedStage[]; readonly at: Location },
): Origin {
  if (from.includes('$')) {
    const hint = 'start a stage with FROM and the variable, and copy from that stage'
    throw invalid(among.at, '--from does not replace variables', hint)
  }
  const isNumber = /^\d+$/.test(from)
  const found = isNumber ? among.stages[Number(from)] : findByName(among.stages, from)
  if (found !== undefined && found.index < stage.index) return { kind: 'stage', index: found.index }
  if (found !== undefined || isNumber) {
    throw invalid(among.at, `--from=${from} is no stage before this one`, 'move that stage up, or name an earlier one')
  }
  return { kind: 'image', name: from }
}

/** How errors call a stage: its name, or its number. */
export function nameStage(stage: Pick<PlannedStage, 'index' | 'name'>): string {
  return stage.name === undefined ? `stage ${stage.index}` : `stage "${stage.name}"`
}

interface Around {
  readonly dockerfile: Dockerfile
  readonly wanted: BuildTarget
  readonly globals: Variables
  /** Those before it. */
  readonly stages: readonly PlannedStage[]
}

function planStage(stage: Stage, around: Around): PlannedStage {
  const how = { variables: around.globals, escape: around.dockerfile.escape, at: stage.at }
  const name = expandText(stage.base, how)
  if (name === '') {
    throw invalid(
      stage.at,
      `FROM ${stage.base} is empty once its variables are replaced`,
      'give the ARG before it a default',
    )
  }
  const parent = findByName(around.stages, name)
  const platform =
    stage.platform === undefined ? undefined : stagePlatform(expandText(stage.platform, how), stage, around)
  const inherited = platform ?? parent?.platform
  return {
    index: stage.index,
    ...(stage.name === undefined ? {} : { name: stage.name }),
    base: originOfBase(name, parent),
    ...(inherited === undefined ? {} : { platform: inherited }),
    at: stage.at,
    instructions: [...triggersOf(parent, stage.at), ...stage.instructions],
  }
}

function originOfBase(name: string, parent: PlannedStage | undefined): Origin {
  if (parent !== undefined) return { kind: 'stage', index: parent.index }
  return name === 'scratch' ? { kind: 'scratch' } : { kind: 'image', name }
}

function stagePlatform(text: string, stage: Stage, around: Around): Platform {
  const { buildPlatform } = around.wanted
  if (text !== '' && isPlatform(text, buildPlatform)) return normalizePlatform(parsePlatform(text, buildPlatform))
  const problem = text === '' ? `--platform=${stage.platform ?? ''} is empty` : `"${text}" is no platform`
  throw invalid(stage.at, problem, `write one like ${formatPlatform(around.wanted.platform)}`)
}

/** The last stage of that name: later ones hide earlier ones. */
function findByName(stages: readonly PlannedStage[], name: string): PlannedStage | undefined {
  return stages.findLast((stage) => stage.name !== undefined && stage.name === name.toLowerCase())
}

function triggersOf(parent: PlannedStage | undefined, at: Location): readonly Instruction[] {
  const triggers = (parent?.instructions ?? []).flatMap((one) => (one.kind === 'onbuild' ? [one.text] : []))
  return triggers.map((text) => parseTrigger(text, at))
}

function findTarget(stages: readonly PlannedStage[], name: string | undefined, dockerfile: Dockerfile): PlannedStage {
  const found = name === undefined || name === '' ? stages.at(-1) : findByName(stages, name)
  if (found !== undefined) return found
  const names = stages.flatMap((stage) => stage.name ?? [])
  throw new ToolError('DOCKERFILE_TARGET_UNKNOWN', `${dockerfile.file} has no stage "${name ?? ''}"`, {
    hint: names.length === 0 ? 'name a stage with FROM … AS NAME' : `use one of ${names.join(', ')}`,
  })
}

/** The numbers of the stages that a target needs, its own included. */
export function stagesNeeded(stages: readonly PlannedStage[], target: PlannedStage): ReadonlySet<number> {
  const needed = new Set<number>()
  const open: PlannedStage[] = [target]
  for (let stage = open.pop(); stage !== undefined; stage = open.pop()) {
    if (needed.has(stage.index)) continue
    needed.add(stage.index)
    for (const origin of originsOf(stage, stages)) {
      const other = origin.kind === 'stage' ? stages[origin.index] : undefined
      if (other !== undefined) open.push(other)
    }
  }
  return needed
}

function originsOf(stage: PlannedStage, stages: readonly PlannedStage[]): readonly Origin[] {
  const copied = stage.instructions.flatMap((instruction) =>
    sourcesOf(instruction).map((from) => findOrigin(from, stage, { stages, at: instruction.at })),
  )
  return [stage.base, ...copied]
}

function sourcesOf(instruction: Instruction): readonly string[] {
  if (instruction.kind === 'run') return bindMounts(instruction).flatMap(({ from }) => from ?? [])
  return instruction.kind === 'copy' && instruction.from !== undefined ? [instruction.from] : []
}
