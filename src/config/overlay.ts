import type { ObjectShape, Shape } from './fields/shape.ts'
import { isBlank, isNull, valueOf, type Entry, type MapNode, type Node } from './node.ts'

const notInherited = new Set(['activation', 'name', 'patches', 'requiresAllActivations'])

/**
 * Lays a profile over a configuration as Skaffold does: sections are merged field by field, alternatives and everything
 * below a section are replaced whole, an empty list changes nothing. Unlike in Skaffold, a plain `false`, `0` or `""`
 * takes effect.
 */
export function overlayProfile(config: Node, profile: Node, root: ObjectShape): Node {
  if (config.kind !== 'map' || profile.kind !== 'map') return config
  const entries = profile.entries.filter((entry) => !notInherited.has(entry.key))
  return mergeMaps(config, { ...profile, entries }, root)
}

function overlay(below: Node, above: Node, shape: Shape): Node {
  if (isBlank(above)) return below
  const isSection = shape.kind === 'object' && shape.merges
  return isSection && below.kind === 'map' && above.kind === 'map' ? mergeMaps(below, above, shape) : above
}

function mergeMaps(below: MapNode, above: MapNode, shape: ObjectShape): Node {
  const given = above.entries.filter((entry) => !isBlank(entry.value))
  const chosen = given.filter((entry) => shape.oneOf.includes(entry.key))
  const kept = below.entries.filter((entry) => chosen.length === 0 || !shape.oneOf.includes(entry.key))
  const merged: Entry[] = kept.map((entry) => {
    const over = valueOf(above, entry.key)
    const field = shape.fields.get(entry.key)
    if (over === undefined || field === undefined || isBlank(over)) return entry
    const at = given.find((other) => other.key === entry.key)?.at ?? entry.at
    return { key: entry.key, at, value: overlay(entry.value, over, field.shape) }
  })
  const added = given.filter((entry) => !kept.some((other) => other.key === entry.key))
  return { kind: 'map', at: isNull(below) ? above.at : below.at, entries: [...merged, ...added] }
}
