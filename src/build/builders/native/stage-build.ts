import type { PlannedStage } from '../../../dockerfile/index.ts'
import type { NativeBuild } from './native-build.ts'
import type { StageState } from './stage-state.ts'

/** What the instructions of one stage are done with. */
export interface StageBuild {
  readonly build: NativeBuild
  readonly stage: PlannedStage
  /** Another stage, done. */
  readonly stageAt: (index: number) => Promise<StageState>
}
