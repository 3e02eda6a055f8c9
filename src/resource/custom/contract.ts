import type { ResourceEdit } from '../edit.ts'
import type { Mapping, ResourceObject, ResourcePath } from '../resource.ts'

/** The members of a pod spec that say where it may run. */
export interface PlacementRules {
  readonly nodeSelector?: unknown
  readonly affinity?: unknown
  readonly tolerations?: unknown
}

/** Pods of a custom kind that does not hold their spec, but the rules that its operator copies into them. */
export interface CustomPods {
  /** Where they are described. */
  readonly path: ResourcePath
  /** The rules in force for them, inherited ones included, as members of a pod spec. */
  readonly spec: Mapping
  /** Of everything that they start, as far as this object or its neighbours say. */
  readonly images: readonly string[]
  /** Writes rules down where the operator takes them from for these pods alone. */
  readonly write: (rules: PlacementRules) => readonly ResourceEdit[]
  /** Why no rule can be written for them, though their kind takes rules. */
  readonly unplaceable?: string
}

/** Finds the pods of an object; `others` are what is deployed along with it. */
export type FindPods = (object: ResourceObject, others: readonly ResourceObject[]) => readonly CustomPods[]
