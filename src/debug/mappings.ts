import { isMapping, type Mapping } from '../resource/index.ts'

/** The objects of a list; none when it is no list. */
export function mappings(value: unknown): readonly Mapping[] {
  return Array.isArray(value) ? value.filter((item): item is Mapping => isMapping(item)) : []
}

/** The texts of a list; none when it is no list. */
export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
}
