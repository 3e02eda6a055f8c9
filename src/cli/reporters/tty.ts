import fastStringWidth from 'fast-string-width'
import type { Event } from '../../events/index.ts'
import { createBlobBars } from './blob-bars.ts'
import { inBuildOrder } from './in-order.ts'
import { printEvent, type Reporter, type ReporterLook, type ReporterStreams } from './plain.ts'

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const frameMs = 100

/** What the last line of the terminal shows: images being built, or resources waited for. */
interface Activity {
  readonly running: Set<string>
  verb: string
}

/**
 * Prints lines like the plain reporter and keeps moving lines below them with what is still going on: blobs on their way,
 * and what is built or waited for. They are wiped before anything else is printed, and when nothing is going on.
 */
export function createTtyReporter(streams: ReporterStreams, look: ReporterLook, columns: number): Reporter {
  const activity: Activity = { running: new Set(), verb: '' }
  const bars = createBlobBars()
  const print = inBuildOrder((event) => printEvent(event, streams, look))
  let frame = 0
  let timer: NodeJS.Timeout | undefined
  let drawnLines = 0
  const clear = (): string => `\r\u001B[2K${'\u001B[1A\u001B[2K'.repeat(Math.max(0, drawnLines - 1))}`
  const wipe = (): void => {
    if (drawnLines > 0) streams.progress.write(clear())
    drawnLines = 0
  }
  const draw = (): void => {
    frame = (frame + 1) % frames.length
    const blobs = bars.lines(columns - 1)
    const what = activity.running.size === 0 ? [] : [fit(`${frames[frame] ?? ''} ${describe(activity)}`, columns - 1)]
    const lines = [...blobs, ...what]
    streams.progress.write(`${clear()}${lines.map((line) => look.style.dim(line)).join('\n')}`)
    drawnLines = lines.length
  }
  const rest = (): void => {
    clearInterval(timer)
    timer = undefined
  }
  return {
    emit(event) {
      bars.note(event)
      if (event.type !== 'blobProgress' && event.type !== 'blobPushed') {
        wipe()
        print(event)
        follow(event, activity)
      }
      if (activity.running.size === 0 && bars.isEmpty) {
        wipe()
        rest()
      } else timer ??= setInterval(draw, frameMs).unref()
    },
    close() {
      wipe()
      rest()
    },
  }
}

const buildEnds: ReadonlySet<string> = new Set(['buildSucceeded', 'buildFailed', 'buildCanceled'])
const waitEnds: ReadonlySet<string> = new Set(['stabilized', 'resourceFailed', 'iterationFailed'])

function follow(event: Event, activity: Activity): void {
  if (event.type === 'buildStarted') {
    activity.verb = 'building'
    activity.running.add(event.image)
  } else if (event.type === 'statusStarted') {
    activity.verb = 'waiting for'
    activity.running.add('the cluster')
  } else if (waitEnds.has(event.type)) activity.running.clear()
  else if ('image' in event && buildEnds.has(event.type)) activity.running.delete(event.image)
}

function describe({ running, verb }: Activity): string {
  return `${verb} ${[...running].join(', ')}`
}

function fit(text: string, columns: number): string {
  if (fastStringWidth(text) <= columns) return text
  let cut = text
  while (cut !== '' && fastStringWidth(`${cut}…`) > columns) cut = cut.slice(0, -1)
  return `${cut}…`
}
