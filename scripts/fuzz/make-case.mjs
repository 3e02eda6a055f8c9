// @ts-check
import fc from 'fast-check'
import { corpus } from './corpus.mjs'
import { madeUp } from './made-up.mjs'
import { mutate } from './mutate.mjs'
import { createRandom } from './random.mjs'

/**
 * The case of a number: always the same for the same seed.
 * @param {{seed: number, number: number, targets: readonly string[]}} which
 * @returns {{target: string, text: string, number: number}}
 */
export function makeCase({ seed, number, targets }) {
  const target = targets[number % targets.length] ?? ''
  const random = createRandom(Math.imul(seed ^ 0x9e3779b9, 2654435761) + Math.imul(number + 1, 40503))
  const arbitrary = madeUp[target]
  const text =
    arbitrary !== undefined && random.chance(0.25)
      ? (fc.sample(arbitrary, { seed: random.below(2 ** 31), numRuns: 1 })[0] ?? '')
      : mutate(corpus[target] ?? [], random)
  return { target, text, number }
}
