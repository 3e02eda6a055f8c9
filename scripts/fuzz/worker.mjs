// @ts-check
// Runs the cases that the main thread asks for, one at a time, so that a watchdog sees which one hangs.
import { parentPort, workerData } from 'node:worker_threads'
import { makeCase } from './make-case.mjs'
import { judge } from './targets.mjs'

const { seed, targets } = /** @type {{seed: number, targets: readonly string[]}} */ (workerData)

parentPort?.on('message', (/** @type {number} */ number) => void run(number))
say({})

/** @param {number} number */
async function run(number) {
  say({ number, reason: await judge(makeCase({ seed, number, targets })) })
}

/** @param {{number?: number, reason?: string | undefined}} message */
function say(message) {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(message)
}
