import { isCovered } from '../controllers/disruption-budget.ts'
import { disruptionBudgetsKey } from '../keys.ts'
import type { Pod } from '../kinds.ts'
import { isReady } from '../objects.ts'
import type { StoredObject } from '../store-contract.ts'
import type { DisruptionBudget } from '../workloads.ts'
import { member } from './catalog.ts'
import { parseDocument } from './body.ts'
import { findObject } from './read.ts'
import { deleteObject } from './remove.ts'
import { isDryRun, type Answer, type ApiContext, type ApiRequest } from './request.ts'
import type { Route } from './route.ts'
import { serverError, StatusError } from './status.ts'

const success = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }

/** `POST …/pods/p/eviction`: a deletion, unless a PodDisruptionBudget forbids it. Throws a 429 then. */
export function evictPod(context: ApiContext, request: ApiRequest, route: Route): Answer {
  checkBudgets(context, asPod(findObject(context, route)))
  if (isDryRun(request)) return { form: 'document', status: 201, document: success }
  const body = JSON.stringify(member(parseDocument(request.body), 'deleteOptions'))
  deleteObject(context, { ...request, body }, route)
  return { form: 'document', status: 201, document: success }
}

// the API server validates what it stores
function asPod(object: StoredObject): Pod {
  return object as Pod
}

function checkBudgets({ store }: ApiContext, pod: Pod): void {
  if (['Pending', 'Succeeded', 'Failed'].includes(pod.status?.phase ?? 'Pending')) return
  const budgets = store.list(disruptionBudgetsKey, pod.metadata.namespace) as readonly DisruptionBudget[]
  const [budget, another] = budgets.filter((one) => isCovered(pod, one))
  if (another !== undefined) {
    throw serverError(
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    )
  }
  const why = budget === undefined ? undefined : refusalOf(budget, pod)
  if (why === undefined) return
  const causes = [{ reason: 'DisruptionBudget', message: why }]
  const message = "Cannot evict pod as it would violate the pod's disruption budget."
  throw new StatusError({ message, reason: 'TooManyRequests', details: { causes }, code: 429 })
}

function refusalOf({ metadata, status = {} }: DisruptionBudget, pod: Pod): string | undefined {
  const { observedGeneration = 0, disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0 } = status
  if (observedGeneration < (metadata.generation ?? 0)) {
    return `The disruption budget ${metadata.name} is still being processed by the server.`
  }
  // what is not healthy may go as long as there is enough that is
  const isSpare = !isReady(pod) && desiredHealthy > 0 && currentHealthy >= desiredHealthy
  if (disruptionsAllowed > 0 || isSpare) return undefined
  return `The disruption budget ${metadata.name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`
}
