import type { Event } from '../../events/index.ts'
import { formatBytes } from '../format-bytes.ts'

/** Blobs that are on their way, as they came. */
export interface BlobBars {
  /** Takes note of what an event says about blobs. */
  note(event: Event): void
  /** A line for each blob on its way, and one for those that do not fit. */
  lines(columns: number): readonly string[]
  readonly isEmpty: boolean
}

interface OnItsWay {
  readonly sizeBytes: number
  readonly doneBytes: number
}

const maxLines = 8
const barWidth = 24

/** No blob is on its way yet. */
export function createBlobBars(): BlobBars {
  const blobs = new Map<string, OnItsWay>()
  return {
    note(event) {
      if (event.type === 'blobProgress') blobs.set(event.digest, event)
      else if (event.type === 'blobPushed') blobs.delete(event.digest)
    },
    lines(columns) {
      const shown = [...blobs].slice(0, maxLines).map(([digest, blob]) => barOf(digest, blob, columns))
      const more = blobs.size - shown.length
      return more > 0 ? [...shown, `  and ${more} more`] : shown
    },
    get isEmpty() {
      return blobs.size === 0
    },
  }
}

/** On a narrow terminal the bar goes first. */
function barOf(digest: string, { sizeBytes, doneBytes }: OnItsWay, columns: number): string {
  const name = `  ${digest.slice(0, 19)}`
  const count = `${formatBytes(doneBytes)}/${formatBytes(sizeBytes)}`
  const filled = sizeBytes === 0 ? barWidth : Math.round((doneBytes / sizeBytes) * barWidth)
  const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`
  const whole = `${name}  ${bar}  ${count}`
  return whole.length <= columns ? whole : `${name}  ${count}`.slice(0, Math.max(0, columns))
}
