import { allWork, isIdle, mergeWork, type Work } from './work.ts'

/** Where a dev session stands. */
export interface DevState {
  readonly phase: 'starting' | 'working' | 'watching' | 'ending' | 'ended'
  /** A failure ends the session: nothing has been deployed successfully so far, and it was not asked to go on. */
  readonly failureEnds: boolean
  /** What is being done now. */
  readonly current: Work | undefined
  /** What changed meanwhile, and what failed and has to be done again with the next change. */
  readonly pending: Work | undefined
  /** Why the session ends, when it is not the user's wish. */
  readonly error: unknown
}

/** What happens to a dev session. */
export type LoopEvent =
  | { readonly type: 'started' }
  | { readonly type: 'changed'; readonly work: Work }
  | { readonly type: 'finished' }
  | { readonly type: 'failed'; readonly error: unknown }
  /** Ctrl+C, or, with an error, that changes can no longer be seen. */
  | { readonly type: 'stopped'; readonly error?: unknown }
  | { readonly type: 'cleaned'; readonly error?: unknown }

/** What has to be done because of it. */
export type LoopEffect =
  | { readonly type: 'work'; readonly work: Work }
  | { readonly type: 'watch' }
  | { readonly type: 'report'; readonly error: unknown }
  | { readonly type: 'cleanUp' }
  | { readonly type: 'end'; readonly error: unknown }

/** The next state, and what to do on the way there. */
export interface Step {
  readonly state: DevState
  readonly effects: readonly LoopEffect[]
}

/** Before anything has happened. */
export const initialState: DevState = {
  phase: 'starting',
  failureEnds: true,
  current: undefined,
  pending: undefined,
  error: undefined,
}

/**
 * The dev loop. One iteration at a time: changes during it are gathered and done after it. A failed iteration ends the
 * session when it was the first, else its work is owed and done again with the next change.
 */
export function reduceDev(state: DevState, event: LoopEvent): Step {
  if (event.type === 'started') return work({ ...state, current: allWork })
  if (event.type === 'changed') return changed(state, event.work)
  if (event.type === 'finished') return finished(state)
  if (event.type === 'failed') return failed(state, event.error)
  if (event.type === 'stopped') return stopped(state, event.error)
  return cleaned(state, event.error)
}

function changed(state: DevState, added: Work): Step {
  if (isIdle(added) || state.phase === 'ending' || state.phase === 'ended') return stay(state)
  const pending = mergeWork(state.pending, added)
  if (state.phase === 'watching') return work({ ...state, current: pending, pending: undefined })
  return stay({ ...state, pending })
}

function finished(state: DevState): Step {
  if (state.phase === 'ending') return { state: { ...state, current: undefined }, effects: [{ type: 'cleanUp' }] }
  const after: DevState = { ...state, failureEnds: false, current: undefined }
  if (state.pending !== undefined) return work({ ...after, current: state.pending, pending: undefined })
  return { state: { ...after, phase: 'watching' }, effects: [{ type: 'watch' }] }
}

function failed(state: DevState, error: unknown): Step {
  if (state.phase === 'ending') return { state: { ...state, current: undefined }, effects: [{ type: 'cleanUp' }] }
  if (state.failureEnds) {
    return { state: { ...state, phase: 'ending', current: undefined, error }, effects: [{ type: 'cleanUp' }] }
  }
  const owed = mergeWork(state.current, state.pending)
  // What changed during the failed iteration may be the cure: it is tried at once.
  if (state.pending !== undefined) {
    const next = work({ ...state, current: owed, pending: undefined })
    return { ...next, effects: [{ type: 'report', error }, ...next.effects] }
  }
  return {
    state: { ...state, phase: 'watching', current: undefined, pending: owed },
    effects: [{ type: 'report', error }, { type: 'watch' }],
  }
}

function stopped(state: DevState, error: unknown): Step {
  if (state.phase === 'ending' || state.phase === 'ended') return stay(state)
  // A running iteration ends through its aborted signal, and only then is it clear what has to be cleaned up.
  const effects: readonly LoopEffect[] = state.phase === 'working' ? [] : [{ type: 'cleanUp' }]
  return { state: { ...state, phase: 'ending', error: state.error ?? error }, effects }
}

function cleaned(state: DevState, failure: unknown): Step {
  const error = state.error ?? failure
  return { state: { ...state, phase: 'ended', error }, effects: [{ type: 'end', error }] }
}

function work(state: DevState): Step {
  const { current = allWork } = state
  return { state: { ...state, phase: 'working', current }, effects: [{ type: 'work', work: current }] }
}

function stay(state: DevState): Step {
  return { state, effects: [] }
}
