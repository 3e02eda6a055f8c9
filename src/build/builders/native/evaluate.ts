import {
  checkInstruction,
  expandInstruction,
  parseTrigger,
  type Instruction,
  type PlannedStage,
} from '../../../dockerfile/index.ts'
import { familyOf } from '../../../image/index.ts'
import { memoizeAsync } from '../../../support/index.ts'
import { addHistory, applyCopy, applyWorkdir } from './apply-files.ts'
import { configEffect } from './apply-config.ts'
import { absoluteName } from './image-store.ts'
import type { NativeBuild } from './native-build.ts'
import { placed } from './placed.ts'
import type { StageBuild } from './stage-build.ts'
import { childState, imageState, scratchState, type StageState } from './stage-state.ts'

/** Does the instructions of the target stage, and of the stages it needs when they are needed. */
export async function evaluate(build: NativeBuild): Promise<StageState> {
  const stageAt = memoizeAsync(async (index: number): Promise<StageState> => {
    const stage = build.plan.stages[index]
    if (stage === undefined) throw new Error(`there is no stage ${index}`)
    return evaluateStage({ build, stage, stageAt })
  })
  return stageAt(build.plan.target.index)
}

async function evaluateStage(within: StageBuild): Promise<StageState> {
  const { build, stage } = within
  const start = await placed(stage.at, () => startOf(within))
  const { state } = start
  for (const written of [...start.triggers, ...stage.instructions]) {
    build.signal.throwIfAborted()
    const { dockerfile, globals, wanted } = build.plan
    const scope = { variables: state.variables, globals, buildArgs: wanted.buildArgs, escape: dockerfile.escape }
    const { instruction, variables } = expandInstruction(written, scope)
    state.variables = variables
    await placed(written.at, () => apply(state, instruction, within))
  }
  return state
}

interface Start {
  readonly state: StageState
  /** What ONBUILD of a base image adds. */
  readonly triggers: readonly Instruction[]
}

async function startOf({ build, stage, stageAt }: StageBuild): Promise<Start> {
  const { base } = stage
  const platform = stage.platform ?? build.plan.wanted.platform
  if (base.kind === 'scratch') return { state: scratchState(build.plan.wanted.platform), triggers: [] }
  if (base.kind === 'stage') return { state: childState(await stageAt(base.index)), triggers: [] }
  const found = await build.images.load(absoluteName(base.name, build.context.folder), platform, build.signal)
  const { image } = found
  const triggers = (image.config.config?.OnBuild ?? []).map((text) => triggerOf(text, stage))
  const family = familyOf(image.manifest.mediaType)
  return { state: imageState(image, { platform, family, load: () => found.files(build.signal) }), triggers }
}

function triggerOf(text: string, stage: PlannedStage): Instruction {
  const trigger = parseTrigger(text, stage.at)
  checkInstruction(stage, trigger)
  return trigger
}

async function apply(state: StageState, instruction: Instruction, within: StageBuild): Promise<void> {
  const { build, stage } = within
  if (instruction.kind === 'copy' || instruction.kind === 'add') return applyCopy(state, instruction, within)
  if (instruction.kind === 'workdir') return applyWorkdir(state, instruction, within)
  const effect = configEffect(state, instruction)
  if (effect === undefined) {
    checkInstruction(stage, instruction)
    return undefined
  }
  state.config = effect.config
  state.author = effect.author ?? state.author
  state.hasOwnCmd = effect.hasOwnCmd ?? state.hasOwnCmd
  addHistory(state, effect.line, { isEmpty: true, build })
  return undefined
}
