import { rootShape } from './fields/root.ts'
import type { Shape } from './fields/shape.ts'
import { isNull, type Node } from './node.ts'
import { plainOf } from './print-config.ts'

/**
 * A node as the type that mirrors its fields, undefined when nothing was written. What {@link checkStructure} has found to
 * be of this shape is of this type.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the type that mirrors the shape
export function readAs<T>(node: Node | undefined, shape: Shape): T | undefined {
  return node === undefined || isNull(node) ? undefined : (plainOf(node, shape) as T)
}

/** The shape at a path of keys of the newest form; lists are walked into. */
export function shapeAt(...keys: readonly string[]): Shape {
  return keys.reduce<Shape>((shape, key) => {
    const holder = shape.kind === 'list' ? shape.of : shape
    return (holder.kind === 'object' ? holder.fields.get(key)?.shape : undefined) ?? { kind: 'any' }
  }, rootShape)
}
