import type { Event } from '../../events/index.ts'
import type { Reporter } from './plain.ts'

/** What belongs to which stage of `--mute-logs`. Results and failures are always told. */
const stages: Readonly<Record<string, readonly Event['type'][]>> = {
  build: ['buildOutput', 'blobPushed', 'blobProgress'],
  deploy: ['resourceApplied', 'resourceDeleted', 'podPlaced'],
  'status-check': ['resourceWaiting', 'resourceReady'],
}

/** The names of stages, with `all` for each and `none` for none. */
export const mutableStages: readonly string[] = [...Object.keys(stages), 'all', 'none']

/** Leaves out what the stages print. */
export function muted(reporter: Reporter, names: readonly string[]): Reporter {
  const chosen = names.includes('all') ? Object.keys(stages) : names
  const left = new Set(names.includes('none') ? [] : chosen.flatMap((name) => stages[name] ?? []))
  if (left.size === 0) return reporter
  return {
    emit(event) {
      if (!left.has(event.type)) reporter.emit(event)
    },
    close: () => reporter.close(),
  }
}

/** Calls `ring` when a deployment is done. */
export function tooting(reporter: Reporter, ring: () => void): Reporter {
  return {
    emit(event) {
      reporter.emit(event)
      if (event.type === 'stabilized') ring()
    },
    close: () => reporter.close(),
  }
}
