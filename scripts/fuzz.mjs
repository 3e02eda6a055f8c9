// @ts-check
// npm run fuzz [-- SECONDS] [--seed N] [--json FILE] [--only TARGET]: feeds mutated and made-up input to everything that reads
// what users write. Ten minutes unless told otherwise. A finding is an answer that a user must never see: something thrown that
// is no ToolError, a message without a line number, a hang, or no memory left. Each is printed with what replays it:
//   npm run fuzz -- --replay SEED:CASE
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { makeCase } from './fuzz/make-case.mjs'
import { judge, targetNames } from './fuzz/targets.mjs'

/** Longer than any case takes on a busy machine; a hang takes for ever. */
const hangMs = 10_000
const mostFindings = 20

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string' },
    json: { type: 'string' },
    only: { type: 'string' },
    replay: { type: 'string' },
  },
})

if (values.replay === undefined) await fuzz()
else await replay(values.replay)

async function fuzz() {
  const seconds = Number(positionals[0] ?? 600)
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
  const targets = values.only === undefined ? targetNames : targetNames.filter((name) => name === values.only)
  if (!(seconds > 0) || !Number.isInteger(seed) || targets.length === 0) {
    console.error(`usage: npm run fuzz -- [SECONDS] [--seed N] [--json FILE] [--only ${targetNames.join('|')}]`)
    process.exitCode = 127
    return
  }
  console.log(`fuzzing for ${seconds} s, seed ${seed}: ${targets.join(', ')}`)
  const state = { next: 0, isOver: false, cases: new Map(), findings: new Map() }
  const end = Date.now() + seconds * 1000
  await Promise.all(
    Array.from({ length: Math.min(4, availableParallelism()) }, () => runWorkers({ seed, targets, state, end })),
  )
  report({ seed, targets, state })
}

/**
 * One place of work: a worker, and another one after each that hung or died.
 * @param {{seed: number, targets: readonly string[], state: State, end: number}} run
 */
async function runWorkers({ seed, targets, state, end }) {
  while (Date.now() < end && state.findings.size < mostFindings) {
    const failure = await runWorker({ seed, targets, state, end })
    if (failure !== undefined) addFinding(state, failure)
  }
}

/**
 * @typedef {{target: string, number: number, reason: string}} Finding
 * @typedef {{next: number, cases: Map<string, number>, findings: Map<string, Finding>}} State
 * @param {{seed: number, targets: readonly string[], state: State, end: number}} run
 * @returns {Promise<Finding | undefined>} why it ended before its time
 */
function runWorker({ seed, targets, state, end }) {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('./fuzz/worker.mjs', import.meta.url), {
      workerData: { seed, targets },
      resourceLimits: { maxOldGenerationSizeMb: 768 },
    })
    /** @type {{target: string, number: number, since: number} | undefined} */
    let current
    const watchdog = setInterval(() => {
      if (current !== undefined && Date.now() - current.since > hangMs) finish({ ...current, reason: 'it hangs' })
    }, 500)
    const finish = (/** @type {Finding | undefined} */ finding) => {
      clearInterval(watchdog)
      worker.removeAllListeners()
      worker.on('error', () => {})
      void worker.terminate().then(() => resolve(finding))
    }
    const give = () => {
      if (Date.now() >= end || state.findings.size >= mostFindings) return finish(undefined)
      const number = state.next
      state.next += 1
      current = { target: targets[number % targets.length] ?? '', number, since: Date.now() }
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      worker.postMessage(number)
    }
    worker.on('message', (/** @type {{number?: number, reason?: string}} */ { number, reason }) => {
      if (current !== undefined && number !== undefined) {
        state.cases.set(current.target, (state.cases.get(current.target) ?? 0) + 1)
        if (reason !== undefined) addFinding(state, { target: current.target, number, reason })
      }
      give()
    })
    worker.on('error', (error) => finish({ target: '', number: -1, ...current, reason: `the worker died: ${error}` }))
  })
}

/** @param {State} state @param {Finding} finding */
function addFinding(state, finding) {
  // one of a kind: names, numbers and places differ where the cause is the same
  const cause = finding.reason.replaceAll(/"[^"]*"|`[^`]*`|\d+/g, '…')
  const kind = `${finding.target} ${cause.split('\n').slice(0, 3).join(' ').slice(0, 300)}`
  if (!state.findings.has(kind)) state.findings.set(kind, finding)
}

/** @param {{seed: number, targets: readonly string[], state: State}} run */
function report({ seed, targets, state }) {
  const findings = [...state.findings.values()]
  for (const { target, number, reason } of findings) {
    console.log(`\n${target}: ${reason}\n  replay: npm run fuzz -- --replay ${seed}:${number}`)
  }
  for (const target of targets) console.log(`${target}: ${state.cases.get(target) ?? 0} cases`)
  const failed = targets.filter((target) => findings.some((finding) => finding.target === target)).length
  const silent = targets.filter((target) => (state.cases.get(target) ?? 0) === 0).length
  console.log(`${state.next} cases, ${findings.length} findings, seed ${seed}`)
  if (values.json !== undefined) {
    const passed = targets.length - failed - silent
    writeFileSync(
      values.json,
      JSON.stringify({
        success: failed + silent === 0,
        numPassedTests: passed,
        numFailedTests: failed + silent,
        numPendingTests: 0,
        numTodoTests: 0,
        testResults: [],
      }),
    )
  }
  process.exitCode = failed + silent === 0 ? 0 : 1
}

/** @param {string} id */
async function replay(id) {
  const [seed = NaN, number = NaN] = id.split(':').map(Number)
  const made = makeCase({ seed, number, targets: targetNames })
  console.log(`--- ${made.target}\n${made.text}\n---`)
  const reason = await judge(made)
  console.log(reason ?? 'no finding')
  process.exitCode = reason === undefined ? 0 : 1
}
