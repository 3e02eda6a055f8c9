import type { Environment } from './env.ts'
import type { User } from './user.ts'

/** A container's configuration, put together from image and pod. */
export interface RunPlan {
  readonly argv: readonly string[]
  readonly env: Environment
  readonly workingDir: string
  readonly user: User
  readonly lower: string
  readonly stopSignal: NodeJS.Signals
}
