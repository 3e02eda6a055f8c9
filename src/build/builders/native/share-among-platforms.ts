import type { FileNode } from './file-tree.ts'
import type { Place } from './graft.ts'

type Make<T> = (places: readonly Place[], signal: AbortSignal) => Promise<T>

/**
 * The same function, which does the work once for builds of several platforms that run at the same time: they copy the very
 * same files of one context, which is seen without a look at what is in them.
 */
export function shareAmongPlatforms<T>(make: Make<T>): Make<T> {
  const underWay = new Set<{ readonly places: readonly Place[]; readonly made: Promise<T> }>()
  return async (places, signal) => {
    const found = [...underWay].find((one) => isSame(one.places, places))
    if (found !== undefined) return found.made
    const own = { places, made: make(places, signal) }
    underWay.add(own)
    try {
      return await own.made
    } finally {
      underWay.delete(own)
    }
  }
}

function isSame(one: readonly Place[], other: readonly Place[]): boolean {
  if (one.length !== other.length) return false
  // files of one copy that share an inode stay hard links, so that copies have to correspond
  const [there, back] = [createPairing(), createPairing()]
  return one.every(({ path, node }, index) => {
    const place = other[index]
    if (place === one[index]) return there(node.copy, node.copy) && back(node.copy, node.copy)
    if (place === undefined || place.path !== path || !isSameNode(node, place.node)) return false
    return there(node.copy, place.node.copy) && back(place.node.copy, node.copy)
  })
}

/** Whether the first is always together with the same second. */
function createPairing(): (first: object | undefined, second: object | undefined) => boolean {
  const pairs = new Map<object | undefined, object | undefined>()
  return (first, second) => {
    if (!pairs.has(first)) pairs.set(first, second)
    return pairs.get(first) === second
  }
}

const members = ['kind', 'mode', 'uid', 'gid', 'mtimeSeconds', 'linkTarget', 'device', 'xattrs', 'content'] as const

/** By identity: what only happens to be equal is found to be so by its digest. */
function isSameNode(one: FileNode, other: FileNode): boolean {
  return members.every((member) => one[member] === other[member])
}
