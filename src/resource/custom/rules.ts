import { findAll } from '../paths.ts'
import type { ResourceEdit } from '../edit.ts'
import { isMapping, valueAt, type Mapping, type ResourcePath } from '../resource.ts'
import type { PlacementRules } from './contract.ts'

const ruleNames = ['nodeSelector', 'affinity', 'tolerations'] as const

/** The rules that hold where an inner place overrides outer ones member by member; an empty member overrides nothing. */
export function inheritedRules(places: readonly unknown[]): Mapping {
  return Object.fromEntries(
    ruleNames.flatMap((name) => {
      const value = places.map((place) => valueAt(place, [name])).find((one) => !isNothing(one))
      return value === undefined ? [] : [[name, value] as const]
    }),
  )
}

/** Writes each rule into the object at the path. */
export function rulesInto(path: ResourcePath): (rules: PlacementRules) => readonly ResourceEdit[] {
  return (rules) =>
    ruleNames.flatMap((name) => (rules[name] === undefined ? [] : [{ path: [...path, name], value: rules[name] }]))
}

/** The text values that dotted patterns lead to, without repetition. */
export function textsAt(value: unknown, patterns: readonly string[]): readonly string[] {
  const found = patterns.flatMap((pattern) => findAll(value, pattern).map((one) => one.value))
  return [...new Set(found.filter((one): one is string => typeof one === 'string' && one !== ''))]
}

/** Why rules cannot be judged; a value that is filled in later may be anything. */
export function laterValues(spec: Mapping, mark: '{{' | '$('): { readonly unplaceable?: string } {
  if (!JSON.stringify([spec['nodeSelector'], spec['affinity']]).includes(mark)) return {}
  return { unplaceable: 'its own rules have values that are only known when it runs' }
}

function isNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true
  return Array.isArray(value) ? value.length === 0 : isMapping(value) && Object.keys(value).length === 0
}
