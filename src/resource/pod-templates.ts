import { findAll, findImageKeys, type Found } from './paths.ts'
import type { CustomPods, PlacementRules } from './custom/contract.ts'
import { rulesInto } from './custom/rules.ts'
import type { ResourceEdit } from './edit.ts'
import { kindFacts } from './kinds.ts'
import { isMapping, valueAt, type Mapping, type Resource, type ResourceObject, type ResourcePath } from './resource.ts'

/** A place that the scheduler makes pods from. */
export interface PodTemplate {
  /** Of the pod spec. */
  readonly path: ResourcePath
  readonly spec: Mapping
  /** Labels that the pods get. */
  readonly labels: Readonly<Record<string, string>>
  /** Of the pods' metadata, which may not be there yet. */
  readonly metadataPath: ResourcePath
  /** False for kinds that refuse changed templates (Jobs): labels do not belong there. */
  readonly mutable: boolean
  /** Of everything that its pods start, without repetition; ephemeral containers have no say in where a pod runs. */
  readonly images: readonly string[]
  /** Writes placement rules down where these pods get them from; each rule is the whole of its member. */
  readonly write: (rules: PlacementRules) => readonly ResourceEdit[]
  /** Why no rule can be written though the kind takes rules. */
  readonly unplaceable?: string
  /** The operator has to be told to take rules: its feature flags. */
  readonly flags?: 'knative'
}

/** An image name in a resource. */
export interface ImageField {
  readonly path: ResourcePath
  readonly value: string
}

/**
 * The pod specs of a resource to which placement rules apply, and the pods of custom kinds that take rules without
 * holding a spec; none for kinds without pods.
 * @param others what is deployed along with it and may say what its pods run
 */
export function podTemplates(
  resource: Pick<Resource, 'object'>,
  others: readonly ResourceObject[] = [],
): readonly PodTemplate[] {
  const { object } = resource
  const facts = kindFacts(object)
  const flags = facts?.flags === undefined ? {} : { flags: facts.flags }
  const specs = (facts?.podSpecs ?? [])
    .flatMap((pattern) => findAll(object, pattern))
    .flatMap(({ path, value }) => {
      if (!isMapping(value)) return []
      const { metadataPath, ...template } = podTemplateAt(path, value)
      const labels = valueAt(object, [...metadataPath, 'labels'])
      const mutable = facts?.mutableTemplates !== false
      return [{ ...template, metadataPath, labels: isMapping(labels) ? textValues(labels) : {}, mutable, ...flags }]
    })
  return [...specs, ...(facts?.pods?.(object, others) ?? []).map(customTemplate)]
}

/** A pod spec of which nothing else is known, its labels included. */
export function podTemplateAt(path: ResourcePath, spec: Mapping): PodTemplate {
  const images = podImages(spec).filter(({ ephemeral }) => !ephemeral)
  return {
    path,
    spec,
    labels: {},
    metadataPath: [...path.slice(0, -1), 'metadata'],
    mutable: false,
    images: [...new Set(images.map(({ value }) => value))],
    write: rulesInto(path),
  }
}

function customTemplate(pods: CustomPods): PodTemplate {
  return { labels: {}, metadataPath: [...pods.path, 'metadata'], mutable: false, ...pods }
}

/**
 * Every image name of a resource that its kind is known to hold: containers, init containers, ephemeral containers and
 * image volumes, and the image fields of custom kinds.
 */
export function imageFields(resource: Pick<Resource, 'object'>): readonly ImageField[] {
  const { object } = resource
  const facts = kindFacts(object)
  if (facts === undefined) return []
  if (facts.everyImageKey) return findImageKeys(object).flatMap(asField)
  const specs = [...facts.podSpecs, ...facts.containersOnly].flatMap((pattern) => findAll(object, pattern))
  const others = facts.images.flatMap((pattern) => findAll(object, pattern))
  return [...specs.flatMap((spec) => specFields(spec)), ...others.flatMap(asField)]
}

/** Image names of one pod spec. `ephemeral` ones have no say in where the pod runs. */
export function podImages(spec: Mapping): readonly (ImageField & { readonly ephemeral: boolean })[] {
  return specPatterns.flatMap((pattern) =>
    findAll(spec, pattern)
      .flatMap(asField)
      .map((field) => ({ ...field, ephemeral: pattern.startsWith('ephemeral') })),
  )
}

const specPatterns = [
  'initContainers.*.image',
  'containers.*.image',
  'ephemeralContainers.*.image',
  'volumes.*.image.reference',
  // of KubeVirt: the node pulls it like any other
  'volumes.*.containerDisk.image',
]

function specFields({ path, value }: Found): readonly ImageField[] {
  return specPatterns
    .flatMap((pattern) => findAll(value, pattern).flatMap(asField))
    .map((field) => ({ path: [...path, ...field.path], value: field.value }))
}

function asField({ path, value }: Found): readonly ImageField[] {
  return typeof value === 'string' && value !== '' ? [{ path, value }] : []
}

function textValues(labels: Mapping): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(labels).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

/** What the user can do for a kind that takes no placement rule; undefined when nothing is known. */
export function placementHint(object: Pick<ResourceObject, 'apiVersion' | 'kind'>): string | undefined {
  return kindFacts(object)?.placementHint
}

/** Whether a kind holds containers but takes no placement rule. */
export function refusesPlacement(object: Pick<ResourceObject, 'apiVersion' | 'kind'>): boolean {
  const facts = kindFacts(object)
  return facts !== undefined && facts.podSpecs.length === 0 && facts.pods === undefined
}
