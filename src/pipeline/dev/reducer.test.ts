import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { initialState, reduceDev, type DevState, type LoopEffect, type LoopEvent } from './reducer.ts'
import { allWork, mergeWork, type Work } from './work.ts'

const buildA: Work = { reload: false, images: ['a'], redeploy: true }
const buildB: Work = { reload: false, images: ['b'], redeploy: true }
const manifest: Work = { reload: false, images: [], redeploy: true }
const nothing: Work = { reload: false, images: [], redeploy: false }
const both: Work = { reload: false, images: ['a', 'b'], redeploy: true }
const error = new Error('broken')

const up: readonly LoopEvent[] = [{ type: 'started' }, { type: 'finished' }]
const change = (work: Work): LoopEvent => ({ type: 'changed', work })

/** What the last event makes the loop do. */
function lastEffects(events: readonly LoopEvent[]): readonly LoopEffect[] {
  return run(events).effects
}

function run(events: readonly LoopEvent[]): { readonly state: DevState; readonly effects: readonly LoopEffect[] } {
  return events.reduce<{ state: DevState; effects: readonly LoopEffect[] }>(
    ({ state }, event) => reduceDev(state, event),
    { state: initialState, effects: [] },
  )
}

describe('the dev loop', () => {
  test.each<[string, readonly LoopEvent[], readonly LoopEffect[]]>([
    ['begins with everything', [{ type: 'started' }], [{ type: 'work', work: allWork }]],
    ['watches when the work is done', up, [{ type: 'watch' }]],
    ['works on what changed', [...up, change(buildA)], [{ type: 'work', work: buildA }]],
    ['does not care for changes of nothing', [...up, change(nothing)], []],
    ['does not begin a second iteration beside the first', [...up, change(buildA), change(buildB)], []],
    [
      'goes on with what changed meanwhile',
      [...up, change(buildA), change(buildB), change(manifest), { type: 'finished' }],
      [{ type: 'work', work: buildB }],
    ],
    [
      'reports a failure and watches again',
      [...up, change(buildA), { type: 'failed', error }],
      [{ type: 'report', error }, { type: 'watch' }],
    ],
    [
      'still owes what failed',
      [...up, change(buildA), { type: 'failed', error }, change(buildB)],
      [{ type: 'work', work: both }],
    ],
    [
      'owes nothing once it was done',
      [...up, change(buildA), { type: 'failed', error }, change(buildB), { type: 'finished' }, change(manifest)],
      [{ type: 'work', work: manifest }],
    ],
    [
      'tries the cure at once that came during the failure',
      [...up, change(buildA), change(buildB), { type: 'failed', error }],
      [
        { type: 'report', error },
        { type: 'work', work: both },
      ],
    ],
    [
      'cleans up when the first iteration fails',
      [{ type: 'started' }, { type: 'failed', error }],
      [{ type: 'cleanUp' }],
    ],
    [
      'ends with the failure of the first iteration',
      [{ type: 'started' }, { type: 'failed', error }, { type: 'cleaned', error: new Error('other') }],
      [{ type: 'end', error }],
    ],
    ['cleans up on Ctrl+C', [...up, { type: 'stopped' }], [{ type: 'cleanUp' }]],
    [
      'ends without an error after Ctrl+C',
      [...up, { type: 'stopped' }, { type: 'cleaned' }],
      [{ type: 'end', error: undefined }],
    ],
    ['waits for a running iteration before it cleans up', [{ type: 'started' }, { type: 'stopped' }], []],
    [
      'cleans up once the aborted iteration is over',
      [{ type: 'started' }, { type: 'stopped' }, { type: 'failed', error }],
      [{ type: 'cleanUp' }],
    ],
    [
      'an aborted iteration is no failure',
      [{ type: 'started' }, { type: 'stopped' }, { type: 'failed', error }, { type: 'cleaned' }],
      [{ type: 'end', error: undefined }],
    ],
    ['a failed clean-up is one', [...up, { type: 'stopped' }, { type: 'cleaned', error }], [{ type: 'end', error }]],
    ['does not heed changes while it ends', [...up, { type: 'stopped' }, change(buildA)], []],
    [
      'a broken watcher ends it with its error',
      [...up, { type: 'stopped', error }, { type: 'cleaned' }],
      [{ type: 'end', error }],
    ],
  ])('%s', (_, events, effects) => {
    expect(lastEffects(events)).toEqual(effects)
  })

  test('nothing that changed is ever lost', () => {
    const work = fc.record({
      reload: fc.boolean(),
      images: fc.subarray(['a', 'b', 'c']),
      redeploy: fc.constant(true),
    })
    const step = fc.oneof(
      work.map((one): LoopEvent => ({ type: 'changed', work: one })),
      fc.constant<LoopEvent>({ type: 'finished' }),
      fc.constant<LoopEvent>({ type: 'failed', error }),
    )
    fc.assert(fc.property(fc.array(step, { maxLength: 30 }), (steps) => expectNothingLost(steps)))
  })
})

/** Plays events that fit the phase; at each successful end, all changes before its start have been worked on since. */
function expectNothingLost(steps: readonly LoopEvent[]): void {
  let { state } = run(up)
  let owed: Work | undefined
  for (const event of steps) {
    if (event.type !== 'changed' && state.phase !== 'working') continue
    const before = state
    const next = reduceDev(state, event)
    state = next.state
    if (event.type === 'changed') owed = mergeWork(owed, event.work)
    if (event.type === 'finished') owed = before.pending
    expect(contains(mergeWork(state.current, state.pending), owed)).toBe(true)
    expect(state.phase === 'working').toBe(state.current !== undefined)
  }
}

function contains(all: Work, part: Work | undefined): boolean {
  if (part === undefined) return true
  const hasImages =
    all.images === 'all' || (part.images !== 'all' && part.images.every((image) => all.images.includes(image)))
  return hasImages && (all.reload || !part.reload) && (all.redeploy || !part.redeploy)
}

test('work adds up', () => {
  expect(mergeWork(buildA, buildB)).toEqual(both)
  expect(mergeWork(buildA, allWork).images).toBe('all')
  expect(mergeWork(undefined, undefined)).toEqual(nothing)
  expect(mergeWork(manifest, { ...nothing, reload: true })).toEqual({ reload: true, images: [], redeploy: true })
})
