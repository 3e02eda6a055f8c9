// @ts-check

/**
 * Numbers that are the same for the same seed.
 * @typedef {{below(limit: number): number, chance(part: number): boolean, pick<T>(list: readonly T[]): T}} Random
 * @param {number} seed
 * @returns {Random}
 */
export function createRandom(seed) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    below: (limit) => Math.floor(next() * limit),
    chance: (part) => next() < part,
    pick: (list) => /** @type {any} */ (list[Math.floor(next() * list.length)]),
  }
}
