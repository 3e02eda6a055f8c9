import type { StoredObject, StoreEvent } from '../store-contract.ts'

/** A change as a watch needs it: what was there before decides whether a selection gains or loses the object. */
export interface LoggedEvent {
  readonly revision: number
  readonly type: StoreEvent['type']
  readonly object: StoredObject
  readonly previous: StoredObject | undefined
}

export interface EventLog {
  append(event: LoggedEvent): void
  /** The changes after a revision, oldest first; `expired` when some of them are no longer kept. */
  since(revision: number): readonly LoggedEvent[] | 'expired'
}

/** Keeps the newest `limit` changes; those of `floor` and before count as forgotten. */
export function createEventLog(limit: number, floor: number): EventLog {
  let kept: LoggedEvent[] = []
  let forgotten = floor
  return {
    append(event) {
      kept.push(event)
      if (kept.length < limit * 2) return
      forgotten = kept[limit - 1]?.revision ?? forgotten
      kept = kept.slice(limit)
    },
    since(revision) {
      return revision < forgotten ? 'expired' : kept.filter((event) => event.revision > revision)
    },
  }
}
