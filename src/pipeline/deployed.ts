import type { RunObject } from '../deploy/cloud-run/index.ts'
import type { RunningContainer } from '../deploy/docker/index.ts'
import type { ObjectRef } from '../kube/index.ts'
import type { DeployOutcome } from './contract.ts'

/** What was deployed, and the addresses of the objects. */
export interface Deployed {
  readonly outcome: DeployOutcome
  readonly refs: readonly ObjectRef[]
  /** What went to Cloud Run. */
  readonly run?: readonly RunObject[]
  /** What runs in Docker on this machine. */
  readonly containers?: readonly RunningContainer[]
}
