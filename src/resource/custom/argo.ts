import { isMapping, valueAt, type Mapping, type ResourcePath } from '../resource.ts'
import type { CustomPods, FindPods } from './contract.ts'
import { inheritedRules, laterValues, rulesInto, textsAt } from './rules.ts'

/**
 * One kind of pods per template with containers. A template's own rules win over those of the `steps` or `dag` template
 * that calls it, these over the workflow's; tolerations, affinity and nodeSelector each on its own.
 * @param at where the workflow's spec stands
 * @see https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/workflowpod.go (addSchedulingConstraints)
 */
export function argoPods(at: ResourcePath): FindPods {
  return (object) => {
    const spec = valueAt(object, at)
    const templates = listAt(spec, ['templates']).flatMap((template, index) =>
      withInline(template, [...at, 'templates', index]),
    )
    return templates.flatMap((template) => podsOf(template, { spec, templates }))
  }
}

interface Template {
  readonly path: ResourcePath
  readonly value: unknown
  /** Templates that are written inside of one are called by it alone. */
  readonly within?: unknown
}

interface Workflow {
  readonly spec: unknown
  readonly templates: readonly Template[]
}

const imagePatterns = ['container', 'script', 'containerSet.containers.*', 'initContainers.*', 'sidecars.*'].map(
  (place) => `${place}.image`,
)

function podsOf(template: Template, workflow: Workflow): readonly CustomPods[] {
  const images = textsAt(template.value, imagePatterns)
  if (images.length === 0) return []
  const defaults = valueAt(workflow.spec, ['templateDefaults'])
  const specs = callersOf(template, workflow).map((caller) =>
    inheritedRules([template.value, defaults, caller, workflow.spec]),
  )
  const [spec = {}] = specs
  const isTold = specs.every((one) => JSON.stringify(one) === JSON.stringify(spec))
  const unplaceable = isTold ? laterValues(spec, '{{') : { unplaceable: 'templates with different rules call it' }
  return [{ path: template.path, spec, images, write: rulesInto(template.path), ...unplaceable }]
}

/** Undefined stands for the workflow itself. */
function callersOf(template: Template, { spec, templates }: Workflow): readonly unknown[] {
  if (template.within !== undefined) return [template.within]
  const name = valueAt(template.value, ['name'])
  const callers = templates
    .map(({ value }) => value)
    .filter((value) => callsOf(value).some((call) => call['template'] === name))
  const isStart = ['entrypoint', 'onExit'].some((key) => valueAt(spec, [key]) === name)
  return isStart || callers.length === 0 ? [undefined, ...callers] : callers
}

/** The steps and tasks of a template. */
function callsOf(template: unknown): readonly Mapping[] {
  return places(template).map(({ call }) => call)
}

function withInline(value: unknown, path: ResourcePath): readonly Template[] {
  const inline = places(value).flatMap(({ call, path: inner }) =>
    call['inline'] === undefined ? [] : [{ path: [...path, ...inner, 'inline'], value: call['inline'], within: value }],
  )
  return [{ path, value }, ...inline]
}

function places(template: unknown): readonly { readonly call: Mapping; readonly path: ResourcePath }[] {
  const steps = listAt(template, ['steps']).flatMap((group, row) =>
    (Array.isArray(group) ? (group as readonly unknown[]) : []).map((call, column) => ({
      call,
      path: ['steps', row, column],
    })),
  )
  const tasks = listAt(template, ['dag', 'tasks']).map((call, index) => ({ call, path: ['dag', 'tasks', index] }))
  return [...steps, ...tasks].flatMap(({ call, path }) => (isMapping(call) ? [{ call, path }] : []))
}

function listAt(value: unknown, path: ResourcePath): readonly unknown[] {
  const list = valueAt(value, path)
  return Array.isArray(list) ? (list as readonly unknown[]) : []
}
