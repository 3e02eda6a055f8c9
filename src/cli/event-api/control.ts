import type { Auto } from './stand.ts'

/** A stage of `dev` that can be held. */
export type Stage = keyof Auto

/** What of `dev` happens by itself, and what is asked for once. */
export interface Control {
  /** What happens by itself now. */
  auto(): Auto
  /** Gives false when it was so already. */
  setAuto(stage: Stage, isEnabled: boolean): boolean
  /** Asks for stages once. */
  execute(stages: Partial<Auto>): void
  /** Told of what is asked for, nothing when more happens by itself from now on; in turn, and not at once. */
  onAsk(listener: (asked: Partial<Auto>) => void): void
}

/** With what the flags say. */
export function createControl(initial: Auto): Control {
  let auto = initial
  const listeners: ((asked: Partial<Auto>) => void)[] = []
  const ask = (asked: Partial<Auto>): void => {
    for (const listener of listeners) queueMicrotask(() => listener(asked))
  }
  return {
    auto: () => auto,
    setAuto(stage, isEnabled) {
      if (auto[stage] === isEnabled) return false
      auto = { ...auto, [stage]: isEnabled }
      if (isEnabled) ask({})
      return true
    },
    execute: ask,
    onAsk: (listener) => void listeners.push(listener),
  }
}
