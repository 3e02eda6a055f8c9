import { groupKind, isMapping, valueAt, type Mapping, type ResourcePath } from '../resource.ts'
import type { CustomPods, FindPods } from './contract.ts'
import { inheritedRules, rulesInto, textsAt } from './rules.ts'

/** Pods of an operator whose template takes affinity and tolerations. */
export interface TemplateRow {
  /** Of the template's member with the rules; it may not be there yet. */
  readonly rules: string
  readonly images: readonly string[]
}

/**
 * Pods whose images are named in one place and whose rules in another; without a name it is an image of the operator,
 * which is not known here.
 */
export function templatedPods(rows: readonly TemplateRow[]): FindPods {
  return (object) =>
    rows.flatMap(({ rules, images }) => {
      const names = textsAt(object, images)
      const path = rules.split('.')
      const spec = inheritedRules([valueAt(object, path)])
      return names.length === 0 ? [] : [{ path, spec, images: names, write: rulesInto(path) }]
    })
}

/**
 * The brokers of a node pool of Strimzi, whose image stands in the Kafka that they belong to. A template of the pool is
 * used instead of the Kafka's, not merged with it.
 * @see https://strimzi.io/docs/operators/latest/configuring.html#type-KafkaNodePoolSpec-reference
 */
export const nodePoolPods: FindPods = (object, others) => {
  const cluster = object.metadata.labels?.['strimzi.io/cluster']
  const kafka = others.find((one) => groupKind(one) === 'Kafka.kafka.strimzi.io' && one.metadata.name === cluster)
  const images = textsAt(kafka, ['spec.kafka.image'])
  if (images.length === 0) return []
  const own = valueAt(object, ['spec', 'template'])
  const template = isMapping(own) ? own : mappingAt(kafka, ['spec', 'kafka', 'template'])
  const spec = inheritedRules([template['pod']])
  const pods: CustomPods = {
    path: ['spec'],
    spec,
    images,
    write: (rules) =>
      own === undefined
        ? [{ path: ['spec', 'template'], value: { ...template, pod: { ...mappingAt(template, ['pod']), ...rules } } }]
        : rulesInto(['spec', 'template', 'pod'])(rules),
  }
  return [pods]
}

function mappingAt(value: unknown, path: ResourcePath): Mapping {
  const found = valueAt(value, path)
  return isMapping(found) ? found : {}
}
