import type { ResourceFilter, ResourceSelectorConfig } from '../config/index.ts'
import {
  groupKind,
  imageFields,
  isMapping,
  podTemplateAt,
  podTemplates,
  refusesPlacement,
  type ImageField,
  type Mapping,
  type PodTemplate,
  type ResourceObject,
  type ResourcePath,
} from '../resource/index.ts'

/** Where an object has images, pod specs and labels. */
export interface ResourceSelector {
  readonly imageFields: (object: ResourceObject) => readonly ImageField[]
  /** `others` may say what the pods of a custom kind run. */
  readonly podTemplates: (object: ResourceObject, others?: readonly ResourceObject[]) => readonly PodTemplate[]
  /** Containers, but no pod spec that takes a placement rule. */
  readonly refusesPlacement: (object: ResourceObject) => boolean
  /** Paths of the maps of labels that are set. */
  readonly labelMaps: (object: ResourceObject) => readonly ResourcePath[]
}

/** What is known of kinds without being told. */
export const knownSelector: ResourceSelector = {
  imageFields: (object) => imageFields({ object }),
  podTemplates: (object, others) => podTemplates({ object }, others),
  refusesPlacement: (object) => refusesPlacement(object),
  labelMaps: (object) => {
    const templates = podTemplates({ object })
      .filter((template) => template.mutable && template.path.length > 1)
      .map((template) => template.metadataPath)
    return [['metadata'], ...templates].map((path) => [...path, 'labels'])
  },
}

/** The same, asked once for each object while the others are the same. */
export function rememberTemplates(selector: ResourceSelector, others: readonly ResourceObject[]): ResourceSelector {
  const known = new WeakMap<ResourceObject, readonly PodTemplate[]>()
  return {
    ...selector,
    podTemplates(object) {
      const templates = known.get(object) ?? selector.podTemplates(object, others)
      known.set(object, templates)
      return templates
    },
  }
}

/**
 * `resourceSelector` of a configuration: an allowed kind has what its paths say instead of what is known of it, a denied
 * one loses what its paths say. Paths are written `.spec.containers.*.image`; `.*` alone is everything of that sort. The
 * last entry of a kind counts, and one of `deny` more than one of `allow`.
 * @see https://skaffold.dev/docs/renderers/resource-selector/
 */
export function createSelector(config: ResourceSelectorConfig | undefined): ResourceSelector {
  const denied = byKind(config?.deny)
  const allowed = new Map([...byKind(config?.allow)].filter(([kind]) => !denied.has(kind)))
  if (denied.size === 0 && allowed.size === 0) return knownSelector
  const [allow, deny] = [allowed, denied].map(finder)
  if (allow === undefined || deny === undefined) return knownSelector
  return {
    imageFields: (object) => {
      const rule = allow(object)
      const fields = rule === undefined ? knownSelector.imageFields(object) : imagesBy(object, rule.image)
      return fields.filter(({ path }) => !isNamed(path, deny(object)?.image))
    },
    podTemplates: (object, others) => {
      const rule = allow(object)
      const known = knownSelector.podTemplates(object, others)
      // a kind whose pods are known must not lose its placement because only its images were named
      const isKnown = rule?.podSpec === undefined || isAny(rule.podSpec)
      const templates = isKnown ? known : templatesBy(object, rule.podSpec)
      return templates.filter(({ path }) => !isNamed(path, deny(object)?.podSpec))
    },
    refusesPlacement: (object) =>
      allow(object) === undefined && deny(object) === undefined && knownSelector.refusesPlacement(object),
    labelMaps: (object) => {
      const rule = allow(object)
      const isKnown = rule === undefined || isAny(rule.labels)
      const maps = isKnown ? knownSelector.labelMaps(object) : mapsBy(object, rule.labels)
      return maps.filter((path) => !isNamed(path, deny(object)?.labels))
    },
  }
}

function byKind(filters: readonly ResourceFilter[] = []): ReadonlyMap<string, ResourceFilter> {
  return new Map(filters.map((filter) => [filter.groupKind, filter]))
}

function finder(filters: ReadonlyMap<string, ResourceFilter>): (object: ResourceObject) => ResourceFilter | undefined {
  return (object) => filters.get(groupKind(object))
}

type Paths = readonly string[] | undefined

const anything = '.*'

function isAny(paths: Paths): boolean {
  return paths?.includes(anything) === true
}

/** Items of lists have no name of their own in such a path. */
function isNamed(path: ResourcePath, paths: Paths): boolean {
  return isAny(paths) || normalized(paths).includes(nameOf(path))
}

function normalized(paths: Paths): readonly string[] {
  return (paths ?? []).map((path) => (path === anything ? path : path.replaceAll('.*', '').replaceAll(/\[\d*\]/g, '')))
}

function nameOf(path: ResourcePath): string {
  return path.flatMap((key) => (typeof key === 'number' ? [] : [`.${key}`])).join('')
}

function imagesBy(object: ResourceObject, paths: Paths): readonly ImageField[] {
  const names = normalized(paths)
  return fieldsOf(object).flatMap(({ path, value }) => {
    const isWanted = names.includes(nameOf(path)) || (isAny(paths) && path.at(-1) === 'image')
    return isWanted && typeof value === 'string' && value !== '' ? [{ path, value }] : []
  })
}

function templatesBy(object: ResourceObject, paths: Paths): readonly PodTemplate[] {
  const names = normalized(paths)
  return fieldsOf(object).flatMap(({ path, value }) => {
    if (!names.includes(nameOf(path)) || !isMapping(value)) return []
    return [podTemplateAt(path, value)]
  })
}

/** A map that is not there yet is made where the object around it is. */
function mapsBy(object: ResourceObject, paths: Paths): readonly ResourcePath[] {
  const names = normalized(paths)
  const holders = [{ path: [] as ResourcePath, value: object as unknown }, ...fieldsOf(object)]
  return holders.flatMap(({ path, value }) => {
    if (!isMapping(value)) return []
    return names.flatMap((name) => {
      const key = name.slice(name.lastIndexOf('.') + 1)
      return name === `${nameOf(path)}.${key}` ? [[...path, key]] : []
    })
  })
}

interface Found {
  readonly path: ResourcePath
  readonly value: unknown
}

function fieldsOf(value: unknown, path: ResourcePath = []): readonly Found[] {
  return members(value).flatMap(([key, member]) => {
    const at = [...path, key]
    return [{ path: at, value: member }, ...fieldsOf(member, at)]
  })
}

function members(value: unknown): readonly (readonly [string | number, unknown])[] {
  if (Array.isArray(value)) return [...value.entries()]
  return isMapping(value) ? Object.entries(value satisfies Mapping) : []
}
