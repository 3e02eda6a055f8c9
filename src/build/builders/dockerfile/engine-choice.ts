import { ToolError } from '../../../errors/index.ts'
import { formatPlatform, only, uniquePlatforms, type Platform } from '../../../platform/index.ts'
import type { Choice, StageRun } from './choose-builder.ts'
import type { Engine, EngineFeature, EngineNode, EngineState } from './engine.ts'
import { emulatorHint } from './run-engine.ts'
import { missingFeature } from './features.ts'

/** An engine that is there. */
export interface FoundEngine {
  readonly engine: Engine
  readonly title: string
  /** Empty: it is known only once it builds. */
  readonly platforms: readonly Platform[]
  readonly nodes?: readonly EngineNode[]
}

/** What an engine is looked for. */
export interface EngineNeed {
  readonly choice: ByEngine
  /** Fields that it has to know. */
  readonly features: readonly EngineFeature[]
  readonly signal: AbortSignal
}

type ByEngine = Exclude<Choice, { kind: 'native' }>

type Missing = Pick<Extract<EngineState, { isThere: false }>, 'why' | 'hint'>

/**
 * The first engine that is there and can do what the artifact's fields ask for.
 * @throws BUILD_TOOL_MISSING, or the native builder's refusal, with what every engine says
 */
export async function findEngine(
  engines: readonly Engine[],
  { choice, features, signal }: EngineNeed,
): Promise<FoundEngine> {
  const missing: Missing[] = []
  for (const engine of engines) {
    const state = await engine.probe(signal)
    const lacking = state.isThere ? missingFeature(state, features) : state
    if (state.isThere && lacking === undefined) return { engine, ...state }
    if (lacking !== undefined) missing.push(lacking)
  }
  throw noEngine(choice, missing)
}

function noEngine({ refusal, reason, edit }: ByEngine, missing: readonly Missing[]): ToolError {
  const tried = missing.length === 0 ? 'no other builder may be used' : missing.map(({ why }) => why).join('; ')
  const hint = edit ?? missing[0]?.hint
  return new ToolError(refusal?.code ?? 'BUILD_TOOL_MISSING', `${reason}; ${tried}`, {
    ...(refusal?.where === undefined ? {} : { where: refusal.where }),
    ...(hint === undefined ? {} : { hint }),
  })
}

/**
 * Refuses a build that would start programs which the engine's machine cannot run: better before it than with an "exec
 * format error" in the middle.
 * @throws BUILD_EMULATOR_MISSING
 */
export function checkRuns({ title, platforms }: FoundEngine, { runs, edit }: ByEngine): void {
  const found = platforms.length === 0 ? undefined : runs.find((run) => !canRun(platforms, run))
  if (found === undefined) return
  const platform = formatPlatform(found.platform)
  const instead =
    edit === undefined
      ? 'a builder with a node of that platform, or a stage FROM --platform=$BUILDPLATFORM, needs no emulation'
      : `or, without emulation: ${edit}`
  throw new ToolError(
    'BUILD_EMULATOR_MISSING',
    `${found.where}: ${found.stage} runs programs for ${platform}, and ${title} runs ${platforms.map(formatPlatform).join(', ')} only; ${instead}`,
    { where: found.where, hint: emulatorHint(found.platform) },
  )
}

/** Where the programs of a build run, and whether they are emulated there; undefined when there is nothing to say. */
export function describeRuns({ platforms, nodes }: FoundEngine, { runs }: ByEngine): string | undefined {
  const wanted = uniquePlatforms(runs.map(({ platform }) => platform))
  const said = wanted.flatMap((platform) =>
    nodes === undefined ? emulatedOn(platform, platforms) : (nodeFor(platform, nodes) ?? []),
  )
  return said.length === 0 ? undefined : said.join('; ')
}

function emulatedOn(platform: Platform, [own, ...others]: readonly Platform[]): readonly string[] {
  if (own === undefined || only(own).matches(platform) || others.length === 0) return []
  return [`programs for ${formatPlatform(platform)} are emulated`]
}

/** buildx takes the first node that is for the platform, else the first that runs it. */
function nodeFor(platform: Platform, nodes: readonly EngineNode[]): string | undefined {
  const programs = `programs for ${formatPlatform(platform)}`
  const isIn = (list: readonly Platform[]): boolean => list.some((one) => only(one).matches(platform))
  const node = nodes.find(({ pinned }) => isIn(pinned)) ?? nodes.find(({ platforms }) => isIn(platforms))
  if (node === undefined) return undefined
  if (isNative(node, platform)) return `${programs} run on node ${node.name}, without emulation`
  const better = nodes.find((one) => isNative(one, platform))
  const remedy = better === undefined ? '' : `, though ${better.name} needs no emulation: give each node its --platform`
  return `${programs} are emulated on node ${node.name}${remedy}`
}

function isNative({ native }: EngineNode, platform: Platform): boolean {
  return native !== undefined && only(native).matches(platform)
}

function canRun(platforms: readonly Platform[], { platform }: StageRun): boolean {
  return platforms.some((one) => only(one).matches(platform))
}
