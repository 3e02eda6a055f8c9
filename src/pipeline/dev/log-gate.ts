import type { Emit, Event } from '../../events/index.ts'

/** Lets log lines through or keeps them back for later. */
export interface LogGate {
  readonly emit: Emit
  hold(): void
  release(): void
}

const maxHeldLines = 5000

/** Keeps log lines back while something is built or deployed, so that they do not stand between its lines. */
export function createLogGate(emit: Emit): LogGate {
  let held: Event[] | undefined
  return {
    emit(event) {
      if (held === undefined || event.type !== 'log') {
        emit(event)
        return
      }
      held.push(event)
      if (held.length > maxHeldLines) held.shift()
    },
    hold() {
      held ??= []
    },
    release() {
      const lines = held ?? []
      held = undefined
      for (const line of lines) emit(line)
    },
  }
}
