import type { JsonObject } from '../../store/index.ts'
import { list, member, text } from '../catalog.ts'
import { formatSelector } from '../selector-text.ts'
import {
  age,
  ageColumn,
  column,
  containersColumn,
  count,
  humanDuration,
  imagesColumn,
  nameColumn,
  orNone,
  wide,
  type Printer,
} from './columns.ts'
import { summarizePod } from './pod-status.ts'

const spec = (object: JsonObject): JsonObject => member(object, 'spec')
const status = (object: JsonObject): JsonObject => member(object, 'status')

const selectorColumn = wide('Selector', (object) => formatSelector(spec(object)['selector']))
const integer = { type: 'integer' } as const

export const podColumns: readonly Printer[] = [
  nameColumn,
  column('Ready', (pod) => summarizePod(pod).ready, {
    description: 'The aggregate readiness state of this pod for accepting traffic.',
  }),
  column('Status', (pod) => summarizePod(pod).status, {
    description: 'The aggregate status of the containers in this pod.',
  }),
  column('Restarts', (pod, { now }) => restartsText(pod, now), {
    description:
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
  }),
  ageColumn,
  wide('IP', (pod) => orNone(text(status(pod)['podIP']))),
  wide('Node', (pod) => orNone(text(spec(pod)['nodeName']))),
  wide('Nominated Node', (pod) => orNone(text(status(pod)['nominatedNodeName']))),
  wide('Readiness Gates', (pod) => gatesText(pod)),
]

function restartsText(pod: JsonObject, now: Date): string {
  const { restarts, lastRestart } = summarizePod(pod)
  return restarts > 0 && lastRestart !== '' ? `${restarts} (${age(lastRestart, now)} ago)` : String(restarts)
}

function gatesText(pod: JsonObject): string {
  const gates = list(spec(pod)['readinessGates'])
  if (gates.length === 0) return '<none>'
  const conditions = list(status(pod)['conditions'])
  const met = gates.filter((gate) =>
    conditions.some((one) => one['type'] === gate['conditionType'] && one['status'] === 'True'),
  )
  return `${met.length}/${gates.length}`
}

export const deploymentColumns: readonly Printer[] = [
  nameColumn,
  column('Ready', (object) => `${count(status(object)['readyReplicas'])}/${count(spec(object)['replicas'])}`, {
    description: 'Number of the pod with ready state',
  }),
  column('Up-to-date', (object) => count(status(object)['updatedReplicas']), integer),
  column('Available', (object) => count(status(object)['availableReplicas']), integer),
  ageColumn,
  containersColumn,
  imagesColumn,
  selectorColumn,
]

export const replicaSetColumns: readonly Printer[] = [
  nameColumn,
  column('Desired', (object) => count(spec(object)['replicas']), integer),
  column('Current', (object) => count(status(object)['replicas']), integer),
  column('Ready', (object) => count(status(object)['readyReplicas']), integer),
  ageColumn,
  containersColumn,
  imagesColumn,
  selectorColumn,
]

export const daemonSetColumns: readonly Printer[] = [
  nameColumn,
  column('Desired', (object) => count(status(object)['desiredNumberScheduled']), integer),
  column('Current', (object) => count(status(object)['currentNumberScheduled']), integer),
  column('Ready', (object) => count(status(object)['numberReady']), integer),
  column('Up-to-date', (object) => count(status(object)['updatedNumberScheduled']), integer),
  column('Available', (object) => count(status(object)['numberAvailable']), integer),
  column('Node Selector', (object) =>
    orNone(formatSelector(member(member(member(spec(object), 'template'), 'spec'), 'nodeSelector'))),
  ),
  ageColumn,
  containersColumn,
  imagesColumn,
  selectorColumn,
]

export const statefulSetColumns: readonly Printer[] = [
  nameColumn,
  column('Ready', (object) => `${count(status(object)['readyReplicas'])}/${count(spec(object)['replicas'])}`),
  ageColumn,
  containersColumn,
  imagesColumn,
]

export const jobColumns: readonly Printer[] = [
  nameColumn,
  column('Status', jobStatus),
  column('Completions', jobCompletions),
  column('Duration', jobDuration),
  ageColumn,
  containersColumn,
  imagesColumn,
  selectorColumn,
]

function jobStatus(job: JsonObject): string {
  const has = (type: string): boolean =>
    list(status(job)['conditions']).some((one) => one['type'] === type && one['status'] === 'True')
  const known = ['Complete', 'Failed', 'Suspended', 'FailureTarget', 'SuccessCriteriaMet']
  return known.find(has) ?? 'Running'
}

function jobCompletions(job: JsonObject): string {
  const { completions, parallelism } = spec(job)
  const succeeded = count(status(job)['succeeded'])
  if (typeof completions === 'number') return `${succeeded}/${completions}`
  return count(parallelism) > 1 ? `${succeeded}/1 of ${count(parallelism)}` : `${succeeded}/1`
}

function jobDuration(job: JsonObject, { now }: { readonly now: Date }): string {
  const { startTime, completionTime } = status(job)
  if (startTime === undefined) return ''
  const end = completionTime === undefined ? now.getTime() : Date.parse(text(completionTime))
  return humanDuration((end - Date.parse(text(startTime))) / 1000)
}

export const cronJobColumns: readonly Printer[] = [
  nameColumn,
  column('Schedule', (object) => spec(object)['schedule']),
  column('Timezone', (object) => orNone(text(spec(object)['timeZone']))),
  column('Suspend', (object) => (spec(object)['suspend'] === true ? 'True' : 'False'), { type: 'boolean' }),
  column('Active', (object) => list(status(object)['active']).length, integer),
  column('Last Schedule', (object, { now }) =>
    status(object)['lastScheduleTime'] === undefined ? '<none>' : age(status(object)['lastScheduleTime'], now),
  ),
  ageColumn,
  containersColumn,
  imagesColumn,
  selectorColumn,
]
