import { isNull, type Entry, type Node } from '../node.ts'
import { changeAt, changeItems, textNode } from './edit.ts'
import { inPipelines, type Step } from './step.ts'

/**
 * Values of helm releases may be nested; Skaffold reads them as flat ones, `a.b[0]: "1"`, every scalar a text.
 */
export const flattenHelmValues: Step = inPipelines((pipeline) =>
  [['deploy'], ['manifests']].reduce(
    (result, section) => changeItems(result, [...section, 'helm', 'releases'], flattenRelease),
    pipeline,
  ),
)

function flattenRelease(release: Node): Node {
  return ['setValues', 'setValueTemplates', 'artifactOverrides'].reduce(
    (result, key) =>
      changeAt(result, [key], (values) =>
        values.kind === 'map'
          ? { ...values, entries: values.entries.flatMap((entry) => flatten(entry, entry.key)) }
          : values,
      ),
    release,
  )
}

function flatten(entry: Entry, key: string): readonly Entry[] {
  const { value, at } = entry
  if (value.kind === 'map') return value.entries.flatMap((inner) => flatten(inner, `${key}.${inner.key}`))
  if (value.kind === 'list') {
    return value.items.flatMap((item, index) => flatten({ key, at, value: item }, `${key}[${index}]`))
  }
  return [{ key, at, value: textNode(isNull(value) ? '<nil>' : value.text, value.at) }]
}
