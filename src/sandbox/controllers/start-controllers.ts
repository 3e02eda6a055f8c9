import type { Entity } from '../kinds.ts'
import { createRecorder } from '../recorder.ts'
import type { RevisionedStore } from '../store/index.ts'
import type { Tables } from '../tables.ts'
import { customDefinitionController } from './custom-definition.ts'
import { daemonSetController } from './daemon-set.ts'
import { deploymentController } from './deployment.ts'
import { disruptionBudgetController } from './disruption-budget.ts'
import { endpointSliceController } from './endpoint-slice.ts'
import { startGarbageCollector } from './garbage.ts'
import { jobController } from './job.ts'
import { startController, type Controller } from './loop.ts'
import { claimController, namespaceController } from './namespace.ts'
import { startNamespaceDeletion } from './namespace-deletion.ts'
import { replicaSetController } from './replica-set.ts'
import { statefulSetController } from './stateful-set.ts'

export interface ControllersOptions {
  readonly store: RevisionedStore
  readonly tables: Tables
  readonly clock: () => Date
  /** PEM, for `kube-root-ca.crt`. */
  readonly caCertificate: string
  readonly onError: (error: unknown) => void
}

/** Starts every controller of the sandbox; the answer stops them. CronJobs are stored and never fire. */
export function startControllers(options: ControllersOptions): () => void {
  const { store, tables, clock, caCertificate, onError } = options
  const start = <Kind extends Entity>(controller: Controller<Kind>): (() => void) => {
    const recorder = createRecorder({ tables, clock, component: controller.component })
    return startController(controller, { tables, clock, recorder, onError })
  }
  const stops = [
    start(namespaceController(caCertificate)),
    start(deploymentController),
    start(replicaSetController),
    start(daemonSetController),
    start(statefulSetController),
    start(jobController),
    start(disruptionBudgetController),
    start(endpointSliceController),
    start(claimController),
    start(customDefinitionController(store)),
    startNamespaceDeletion({ store, clock }),
    startGarbageCollector({ store, clock }),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}
