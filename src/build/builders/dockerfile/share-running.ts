import type { Image } from '../../../image/index.ts'

/** Gives all who ask while a build of that key runs the same result. */
export type ShareRunning = (key: string, build: () => Promise<Image>) => Promise<Image>

/** Nothing is kept once it is over: the next build may find other files. */
export function shareRunning(): ShareRunning {
  const running = new Map<string, Promise<Image>>()
  return async (key, build) => {
    const found = running.get(key)
    if (found !== undefined) return found
    const building = build().finally(() => running.delete(key))
    running.set(key, building)
    return building
  }
}
