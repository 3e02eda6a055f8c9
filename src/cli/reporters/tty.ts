import fastStringWidth from 'fast-string-width'
import type { Emit, Event } from '../../events/index.ts'
import { redact } from '../../errors/index.ts'
import type { Style } from '../style.ts'
import { linesOf } from './lines.ts'
import type { ReporterStreams } from './plain.ts'

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const frameMs = 100

/** What the last line of the terminal shows: images being built, or resources waited for. */
interface Activity {
  readonly running: Set<string>
  verb: string
}

/**
 * Prints lines like the plain reporter and keeps one moving line below them with what is still going on. The line is
 * wiped before anything else is printed, and when nothing is going on.
 */
export function createTtyReporter(streams: ReporterStreams, style: Style, columns: number): Emit {
  const activity: Activity = { running: new Set(), verb: '' }
  let frame = 0
  let timer: NodeJS.Timeout | undefined
  const wipe = (): void => {
    streams.progress.write('\r\u001B[2K')
  }
  const draw = (): void => {
    frame = (frame + 1) % frames.length
    streams.progress.write(`\r\u001B[2K${style.dim(fit(`${frames[frame] ?? ''} ${describe(activity)}`, columns - 1))}`)
  }
  return (event) => {
    if (timer !== undefined) wipe()
    print(event, streams, style)
    follow(event, activity)
    if (activity.running.size > 0 && timer === undefined) timer = setInterval(draw, frameMs).unref()
    if (activity.running.size === 0 && timer !== undefined) {
      clearInterval(timer)
      timer = undefined
    }
  }
}

function print(event: Event, streams: ReporterStreams, style: Style): void {
  for (const { text, stream } of linesOf(event, style)) {
    const printed = event.type === 'log' ? text : redact(text)
    ;(stream === 'warning' ? streams.warnings : streams.progress).write(`${printed}\n`)
  }
}

function follow(event: Event, activity: Activity): void {
  if (event.type === 'buildStarted') {
    activity.verb = 'building'
    activity.running.add(event.image)
  } else if (event.type === 'buildSucceeded' || event.type === 'buildFailed') activity.running.delete(event.image)
  else if (event.type === 'statusStarted') {
    activity.verb = 'waiting for'
    activity.running.add('the cluster')
  } else if (event.type === 'stabilized' || event.type === 'resourceFailed') activity.running.clear()
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
