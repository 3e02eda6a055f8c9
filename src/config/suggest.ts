import type { ObjectShape, Shape } from './fields/shape.ts'

/** The field that was probably meant: a name like it beside it, or the same name elsewhere, as a path. */
export function suggestField(name: string, shape: ObjectShape, root: ObjectShape): string | undefined {
  return closest(name, [...shape.fields.keys()]) ?? findPath(name, shape, 2) ?? findPath(name, root, 4)
}

/** The candidate that differs least, if the difference looks like a slip. */
export function closest(name: string, candidates: readonly string[]): string | undefined {
  const wanted = name.toLowerCase().replaceAll(/[-_]/g, '')
  const most = Math.min(2, Math.floor(wanted.length / 3))
  let best: { readonly candidate: string; readonly distance: number } | undefined
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.toLowerCase())
    if (distance <= most && (best === undefined || distance < best.distance)) best = { candidate, distance }
  }
  return best?.candidate
}

/** The path below a shape that ends in this name and is nearest to it. */
function findPath(name: string, from: ObjectShape, most: number): string | undefined {
  let level: readonly (readonly [string, Shape])[] = [['', from]]
  for (let depth = 0; depth < most; depth += 1) {
    const next = level.flatMap(([path, shape]) => childrenOf(path, shape))
    const found = next.find(([path]) => path.endsWith(`.${name}`))
    if (found !== undefined) return found[0].slice(1)
    level = next
  }
  return undefined
}

function childrenOf(path: string, shape: Shape): readonly (readonly [string, Shape])[] {
  if (shape.kind === 'list') return childrenOf(`${path}[]`, shape.of)
  if (shape.kind !== 'object') return []
  return [...shape.fields].map(([name, field]) => [`${path}.${name}`, field.shape] as const)
}

/** Optimal string alignment: insertions, deletions, replacements and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)]
  const cost = (row: number, column: number): number => rows[row]?.[column] ?? Infinity
  for (let row = 1; row <= a.length; row += 1) {
    rows.push([row])
    for (let column = 1; column <= b.length; column += 1) {
      const isSame = a[row - 1] === b[column - 1]
      const isSwap = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      rows[row]?.push(
        Math.min(
          cost(row - 1, column - 1) + (isSame ? 0 : 1),
          isSwap ? cost(row - 2, column - 2) + 1 : Infinity,
          cost(row - 1, column) + 1,
          cost(row, column - 1) + 1,
        ),
      )
    }
  }
  return cost(a.length, b.length)
}
