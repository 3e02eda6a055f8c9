import { ToolError } from '../../../errors/index.ts'
import { formatPlatform, only, type Platform } from '../../../platform/index.ts'
import type { Choice, StageRun } from './choose-builder.ts'
import type { Engine, EngineState } from './engine.ts'
import { emulatorHint } from './run-engine.ts'

/** An engine that is there. */
export interface FoundEngine {
  readonly engine: Engine
  readonly title: string
  readonly platforms: readonly Platform[]
}

type ByEngine = Exclude<Choice, { kind: 'native' }>

/**
 * The first engine that is there.
 * @throws BUILD_TOOL_MISSING, or the native builder's refusal, with what every engine says
 */
export async function findEngine(
  engines: readonly Engine[],
  choice: ByEngine,
  signal: AbortSignal,
): Promise<FoundEngine> {
  const missing: Extract<EngineState, { isThere: false }>[] = []
  for (const engine of engines) {
    const state = await engine.probe(signal)
    if (state.isThere) return { engine, ...state }
    missing.push(state)
  }
  const { refusal, reason, edit } = choice
  const tried = missing.length === 0 ? 'no other builder may be used' : missing.map(({ why }) => why).join('; ')
  const hint = edit ?? missing[0]?.hint
  throw new ToolError(refusal?.code ?? 'BUILD_TOOL_MISSING', `${reason}; ${tried}`, {
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
  const found = runs.find((run) => !canRun(platforms, run))
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

function canRun(platforms: readonly Platform[], { platform }: StageRun): boolean {
  return platforms.some((one) => only(one).matches(platform))
}
