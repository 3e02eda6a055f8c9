import type { ResourceEdit } from '../edit.ts'
import { groupKind, isMapping, valueAt, type Mapping, type ResourceObject, type ResourcePath } from '../resource.ts'
import type { CustomPods, FindPods, PlacementRules } from './contract.ts'
import { inheritedRules, rulesInto, textsAt } from './rules.ts'

/**
 * The training pods of a TrainJob, which come from the TrainingRuntime that it names, with an image and rules of the job
 * laid over it. The member for rules changed its name and form between Kubeflow Trainer 2.1 and 2.2, and a cluster takes
 * one of them: the one that the job has is used.
 * @see https://github.com/kubeflow/trainer/blob/master/pkg/apis/trainer/v1alpha1/trainjob_types.go
 */
export const trainJobPods: FindPods = (object, others) => {
  const image = valueAt(object, ['spec', 'trainer', 'image'])
  if (typeof image !== 'string' || image === '') return []
  const runtime = runtimeOf(object, others)
  const { name, images } = trainingJobOf(runtime)
  const place = overridesAt(object, name) ?? patchesAt(object, name)
  const pods = { path: ['spec', 'trainer'], images: [...new Set([image, ...images])] }
  if (place === undefined) return [{ ...pods, spec: {}, write: () => [], unplaceable }]
  const { spec, write }: Place = place
  return [{ ...pods, spec, write }]
}

const unplaceable =
  'give the TrainJob podTemplateOverrides (Kubeflow Trainer 2.0 and 2.1) or runtimePatches (2.2 and later), into which it is written, or write it into the TrainingRuntime'

type Place = Pick<CustomPods, 'spec' | 'write'>

interface TrainingJob {
  /** Of the replicated job that trains. */
  readonly name: string
  /** Of its containers that keep their own. */
  readonly images: readonly string[]
}

function runtimeOf(object: ResourceObject, others: readonly ResourceObject[]): ResourceObject | undefined {
  const [kind = 'ClusterTrainingRuntime'] = textsAt(object, ['spec.runtimeRef.kind'])
  const name = valueAt(object, ['spec', 'runtimeRef', 'name'])
  return others.find((one) => groupKind(one) === `${kind}.trainer.kubeflow.org` && one.metadata.name === name)
}

/** Every runtime of Kubeflow calls it `node`. */
const usualName = 'node'

function trainingJobOf(runtime: ResourceObject | undefined): TrainingJob {
  const jobs = listAt(runtime, ['spec', 'template', 'spec', 'replicatedJobs'])
  const step = ['template', 'metadata', 'labels', 'trainer.kubeflow.org/trainjob-ancestor-step']
  const job = jobs.find((one) => valueAt(one, step) === 'trainer') ?? jobs.find((one) => nameOf(one) === usualName)
  if (job === undefined) return { name: usualName, images: [] }
  const podSpec = valueAt(job, ['template', 'spec', 'template', 'spec'])
  const beside = listAt(podSpec, ['containers']).filter((one) => nameOf(one) !== usualName)
  const images = [...textsAt(podSpec, ['initContainers.*.image']), ...beside.flatMap((one) => textsAt(one, ['image']))]
  return { name: nameOf(job), images }
}

/** A list of `{targetJobs, spec}`; what is said later wins. */
function overridesAt(object: ResourceObject, job: string): Place | undefined {
  const at = ['spec', 'podTemplateOverrides']
  const overrides = listAt(object, at)
  if (overrides.length === 0) return undefined
  const targets = overrides.map((one) => listAt(one, ['targetJobs']).map(nameOf))
  const own = targets.findLastIndex((names) => names.length === 1 && names[0] === job)
  const inForce = overrides.filter((_, index) => targets[index]?.includes(job) === true).toReversed()
  const spec = inheritedRules(inForce.map((one) => valueAt(one, ['spec'])))
  if (own !== -1) return { spec, write: rulesInto([...at, own, 'spec']) }
  return { spec, write: (rules) => appended(at, { targetJobs: [{ name: job }], spec: rules }) }
}

const jobsOfPatch = ['trainingRuntimeSpec', 'template', 'spec', 'replicatedJobs']
const specOfJob = ['template', 'spec', 'template', 'spec']

/** A list of patches of the runtime's spec, one per manager. */
function patchesAt(object: ResourceObject, job: string): Place | undefined {
  const at = ['spec', 'runtimePatches']
  const places = listAt(object, at).flatMap((patch, index) =>
    listAt(patch, jobsOfPatch).flatMap((one, position) =>
      nameOf(one) === job ? [{ path: [...at, index, ...jobsOfPatch, position, ...specOfJob], job: one }] : [],
    ),
  )
  if (listAt(object, at).length === 0) return undefined
  const spec = inheritedRules(places.toReversed().map((place) => valueAt(place.job, specOfJob)))
  const last = places.at(-1)
  if (last !== undefined) return { spec, write: rulesInto(last.path) }
  const template = (rules: PlacementRules): Mapping => ({ spec: { template: { spec: rules } } })
  return { spec, write: (rules) => appended([...at, 0, ...jobsOfPatch], { name: job, template: template(rules) }) }
}

/** An index past the end appends. */
function appended(list: ResourcePath, value: Mapping): readonly ResourceEdit[] {
  return [{ path: [...list, Number.MAX_SAFE_INTEGER], value }]
}

function nameOf(value: unknown): string {
  const name = valueAt(value, ['name'])
  return typeof name === 'string' ? name : ''
}

function listAt(value: unknown, path: ResourcePath): readonly unknown[] {
  const list = isMapping(value) ? valueAt(value, path) : undefined
  return Array.isArray(list) ? (list as readonly unknown[]) : []
}
