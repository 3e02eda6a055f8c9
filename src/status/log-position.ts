/** How far a log was read, so that it can be read on after the connection broke. */
export interface LogPosition {
  /** The text of a line that begins with its time; undefined for one that was read before the connection broke. */
  take(line: string): string | undefined
  /** The time, of RFC 3339, to read on from; undefined: nothing was read. */
  resume(): string | undefined
}

/**
 * Kubelet gives lines since a whole second, in the order of its file: what is asked for begins a second before the newest
 * line, as the streams of a program mix, and the lines that were read since are counted away. None is lost and none is told
 * twice.
 */
export function createLogPosition(): LogPosition {
  /** Of the newest line, since the epoch. */
  let newest = Number.NEGATIVE_INFINITY
  /** How many lines of that second, and of the one before, were read. */
  let count = 0
  let countBefore = 0
  let toSkip = 0
  return {
    take(line) {
      const { second, text } = parse(line)
      if (second === undefined) return text
      if (toSkip > 0 && second >= newest - 1) {
        toSkip -= 1
        return undefined
      }
      if (second > newest) {
        countBefore = second === newest + 1 ? count : 0
        count = 0
        newest = second
      }
      if (second === newest) count += 1
      else if (second === newest - 1) countBefore += 1
      return text
    },
    resume() {
      toSkip = count + countBefore
      return newest === Number.NEGATIVE_INFINITY ? undefined : format(newest - 1)
    },
  }
}

/** A runtime that writes no times leaves nothing to count by. */
function parse(line: string): { readonly second?: number; readonly text: string } {
  const [whole, time = ''] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)(?: |$)/.exec(line) ?? []
  if (whole === undefined) return { text: line }
  const zone = /(?:Z|[+-]\d\d:\d\d) ?$/.exec(whole)?.[0].trim() ?? 'Z'
  return { second: Date.parse(`${time}${zone}`) / 1000, text: line.slice(whole.length) }
}

function format(second: number): string {
  return `${new Date(second * 1000).toISOString().slice(0, 19)}Z`
}
