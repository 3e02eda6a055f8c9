import { findImageKeys } from '../paths.ts'
import type { ResourceEdit } from '../edit.ts'
import { groupKind, isMapping, valueAt, type Mapping, type ResourceObject, type ResourcePath } from '../resource.ts'
import type { CustomPods, FindPods, PlacementRules } from './contract.ts'
import { inheritedRules, laterValues, rulesInto } from './rules.ts'

/** The pod of a TaskRun; the steps stand in it, or in a Task that is deployed with it. */
export const taskRunPods: FindPods = (object, others) => {
  const images = imagesOfTask(valueAt(object, ['spec']), others)
  if (images.length === 0) return []
  const path = ['spec', 'podTemplate']
  const spec = inheritedRules([valueAt(object, path)])
  return [{ path: ['spec'], spec, images, write: rulesInto(path), ...laterValues(spec, '$(') }]
}

/**
 * One pod per task of the pipeline, each with a rule of its own in `taskRunSpecs`; what holds for all of them is copied
 * there, as versions before 0.45 do not merge the two.
 * @see https://github.com/tektoncd/pipeline/blob/main/docs/pipelineruns.md#specifying-taskrunspecs
 */
export const pipelineRunPods: FindPods = (object, others) => {
  const names = namesOf(object)
  const { path: tasksPath, tasks } = tasksOf(object, others)
  return tasks.flatMap(({ task, path }): readonly CustomPods[] => {
    const images = imagesOfTask(task, others)
    const name = task['name']
    if (images.length === 0 || typeof name !== 'string') return []
    const run: TaskOfRun = { object, names, name }
    const spec = inheritedRules([ownTemplate(run), valueAt(object, names.common)])
    const where = tasksPath === undefined ? ['spec'] : [...tasksPath, ...path]
    return [{ path: where, spec, images, write: (rules) => editsFor(run, rules), ...laterValues(spec, '$(') }]
  })
}

interface Names {
  /** Of the template for all tasks. */
  readonly common: ResourcePath
  /** Of the member of a task's specs with its own template. */
  readonly own: string
}

/** They were renamed between v1beta1 and v1. */
function namesOf({ apiVersion }: ResourceObject): Names {
  return apiVersion.endsWith('/v1beta1')
    ? { common: ['spec', 'podTemplate'], own: 'taskPodTemplate' }
    : { common: ['spec', 'taskRunTemplate', 'podTemplate'], own: 'podTemplate' }
}

interface TaskOfRun {
  readonly object: ResourceObject
  readonly names: Names
  readonly name: string
}

const specsPath = ['spec', 'taskRunSpecs'] as const

function editsFor(run: TaskOfRun, rules: PlacementRules): readonly ResourceEdit[] {
  const index = indexOf(run)
  const common = valueAt(run.object, run.names.common)
  const before = ownTemplate(run) ?? (isMapping(common) ? common : {})
  const set = Object.fromEntries(Object.entries(rules).filter(([, value]) => value !== undefined))
  const template = { ...before, ...set }
  if (index !== -1) return [{ path: [...specsPath, index, run.names.own], value: template }]
  // an index past the end appends
  return [
    {
      path: [...specsPath, Number.MAX_SAFE_INTEGER],
      value: { pipelineTaskName: run.name, [run.names.own]: template },
    },
  ]
}

function ownTemplate(run: TaskOfRun): Mapping | undefined {
  const template = valueAt(run.object, [...specsPath, indexOf(run), run.names.own])
  return isMapping(template) ? template : undefined
}

function indexOf({ object, name }: TaskOfRun): number {
  return listAt(object, specsPath).findIndex((one) => valueAt(one, ['pipelineTaskName']) === name)
}

interface Task {
  readonly task: Mapping
  readonly path: ResourcePath
}

function tasksOf(
  object: ResourceObject,
  others: readonly ResourceObject[],
): { readonly path?: ResourcePath; readonly tasks: readonly Task[] } {
  const own = valueAt(object, ['spec', 'pipelineSpec'])
  if (own !== undefined) return { path: ['spec', 'pipelineSpec'], tasks: tasksIn(own) }
  const pipeline = referred('Pipeline', valueAt(object, ['spec', 'pipelineRef']), others)
  return { tasks: tasksIn(valueAt(pipeline, ['spec'])) }
}

function tasksIn(spec: unknown): readonly Task[] {
  return ['tasks', 'finally'].flatMap((key) =>
    listAt(spec, [key]).flatMap((task, index) => (isMapping(task) ? [{ task, path: [key, index] }] : [])),
  )
}

/** Of the steps, their template and the sidecars. */
function imagesOfTask(holder: unknown, others: readonly ResourceObject[]): readonly string[] {
  const own = valueAt(holder, ['taskSpec'])
  const spec = own ?? valueAt(referred('Task', valueAt(holder, ['taskRef']), others), ['spec'])
  const names = findImageKeys(spec).map(({ value }) => value)
  return [...new Set(names.filter((name): name is string => typeof name === 'string' && name !== ''))]
}

function referred(kind: string, reference: unknown, others: readonly ResourceObject[]): ResourceObject | undefined {
  if (!isMapping(reference) || (reference['kind'] ?? kind) !== kind) return undefined
  return others.find((one) => groupKind(one) === `${kind}.tekton.dev` && one.metadata.name === reference['name'])
}

function listAt(value: unknown, path: ResourcePath): readonly unknown[] {
  const list = valueAt(value, path)
  return Array.isArray(list) ? (list as readonly unknown[]) : []
}
