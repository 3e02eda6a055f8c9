import { isMapping, valueAt, type Mapping, type ResourcePath } from '../resource.ts'
import type { FindPods } from './contract.ts'
import { inheritedRules, rulesInto, textsAt } from './rules.ts'

const templateImages = ['template.spec.initContainers.*.image', 'template.spec.containers.*.image']

/**
 * Driver and executors of a Spark application; `image` and `nodeSelector` of the application hold for both. The operator
 * copies affinity and tolerations by its webhook.
 * @param at where the application's spec stands
 * @see https://github.com/kubeflow/spark-operator/blob/master/docs/api-docs.md (SparkPodSpec)
 */
export function sparkPods(at: ResourcePath): FindPods {
  return (object) =>
    ['driver', 'executor'].flatMap((role) => {
      const application = valueAt(object, at)
      const own = valueAt(application, [role])
      if (!isMapping(own)) return []
      const more = textsAt(own, ['initContainers.*.image', 'sidecars.*.image', ...templateImages])
      const images = [...new Set([...firstOf([own['image'], valueAt(application, ['image'])]), ...more])]
      const selector = { ...mappingAt(application, ['nodeSelector']), ...mappingAt(own, ['nodeSelector']) }
      const spec = inheritedRules([{ ...own, nodeSelector: selector }])
      const path = [...at, role]
      return images.length === 0 ? [] : [{ path, spec, images, write: rulesInto(path) }]
    })
}

/** What Spark calls its container, by the pods' role; the first one is it where none has the name. */
const mainContainers = { server: ['spark-kubernetes-driver'], executor: ['spark-kubernetes-executor', 'executor'] }

/**
 * The server of a SparkConnect and its executors: pod templates that need no container, as Spark adds its own, with the
 * `image` of the whole.
 * @see https://github.com/kubeflow/spark-operator/blob/master/internal/controller/sparkconnect/reconciler.go (mutateServerPod)
 */
export const sparkConnectPods: FindPods = (object) =>
  Object.entries(mainContainers).flatMap(([role, names]) => {
    if (!isMapping(valueAt(object, ['spec', role]))) return []
    const path = ['spec', role, 'template', 'spec']
    const spec = mappingAt(object, path)
    const containers = Array.isArray(spec['containers']) ? (spec['containers'] as readonly unknown[]) : []
    const main = containers.find((one) => names.includes(String(valueAt(one, ['name'])))) ?? containers[0]
    const own = firstOf([valueAt(main, ['image']), valueAt(object, ['spec', 'image'])])
    const images = [...new Set([...own, ...textsAt(valueAt(object, ['spec', role]), templateImages)])]
    return images.length === 0 ? [] : [{ path, spec, images, write: rulesInto(path) }]
  })

function mappingAt(value: unknown, path: ResourcePath): Mapping {
  const found = valueAt(value, path)
  return isMapping(found) ? found : {}
}

function firstOf(values: readonly unknown[]): readonly string[] {
  const found = values.find((value): value is string => typeof value === 'string' && value !== '')
  return found === undefined ? [] : [found]
}
