import { isNull, type Entry, type Node } from '../node.ts'
import { changeAt, changeItems, textNode } from './edit.ts'
import { inPipelines, type Step } from './step.ts'

/**
 * Values of helm releases may be nested; Skaffold reads them as flat ones, `a.b[0]: "1"`, every scalar a text.
 */
export const flattenHelmValues: Step = inReleases('<nil>')

/** Versions in which values could not be nested: every scalar is a text as well, and none an empty one. */
export const readHelmValues: Step = inReleases('')

function inReleases(none: string): Step {
  return inPipelines((pipeline) =>
    [['deploy'], ['manifests']].reduce(
      (result, section) =>
        changeItems(result, [...section, 'helm', 'releases'], (release) => flattenRelease(release, none)),
      pipeline,
    ),
  )
}

function flattenRelease(release: Node, none: string): Node {
  return ['setValues', 'setValueTemplates', 'artifactOverrides', 'values'].reduce(
    (result, key) =>
      changeAt(result, [key], (values) =>
        values.kind === 'map'
          ? { ...values, entries: values.entries.flatMap((entry) => flatten(entry, entry.key, none)) }
          : values,
      ),
    release,
  )
}

function flatten(entry: Entry, key: string, none: string): readonly Entry[] {
  const { value, at } = entry
  if (value.kind === 'map') return value.entries.flatMap((inner) => flatten(inner, `${key}.${inner.key}`, none))
  if (value.kind === 'list') {
    return value.items.flatMap((item, index) => flatten({ key, at, value: item }, `${key}[${index}]`, none))
  }
  return [{ key, at, value: textNode(isNull(value) ? none : value.text, value.at) }]
}
