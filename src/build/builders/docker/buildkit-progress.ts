import { StringDecoder } from 'node:string_decoder'
import type { LineReader } from '../dockerfile/run-engine.ts'
import { parseStatus, type BuildkitStatus, type Vertex, type VertexStatus } from './buildkit-status.ts'

/**
 * Says in lines what `docker buildx build --progress=rawjson` reports, as BuildKit's plain progress does: where each step
 * begins and how it ends, what it prints, and the parts of it when they are done, or every five seconds. What is no such
 * report is passed on as it is. Steps that print at the same time never share a line.
 */
export function readBuildkitProgress(report: (line: string) => void): LineReader {
  const steps = createSteps(report)
  let document: string[] | undefined
  const finish = (lines: readonly string[]): void => {
    document = undefined
    const status = parseStatus(lines.join('\n'))
    if (status === undefined) lines.forEach(report)
    else steps.update(status)
  }
  return {
    read(line) {
      // some versions write a document in one line, others indented
      if (document === undefined && !line.startsWith('{')) return report(line)
      const lines = [...(document ?? []), line]
      if (line === '}' || (document === undefined && line.endsWith('}'))) finish(lines)
      else document = lines
      return undefined
    },
    end() {
      if (document !== undefined) finish(document)
      steps.end()
    },
  }
}

interface Step {
  readonly number: number
  startedAt: number | undefined
  /** Ends that were said. */
  readonly ends: Set<string>
  /** Of its parts: when each was last spoken of, and whether it is done. */
  readonly parts: Map<string, { at: number; isDone: boolean }>
  readonly decoder: StringDecoder
  /** The beginning of a line that it has not ended. */
  partial: string
}

const everySeconds = 5

interface Steps {
  update(status: BuildkitStatus): void
  end(): void
}

function createSteps(report: (line: string) => void): Steps {
  const steps = new Map<string, Step>()
  const of = (digest: string): Step => {
    const found = steps.get(digest) ?? newStep(steps.size + 1)
    steps.set(digest, found)
    return found
  }
  const say = ({ number }: Step, text: string): void => report(`#${number} ${text}`)
  const print = (step: Step, { data, at }: Printed): void => {
    const since = step.startedAt === undefined ? '' : `${((at ?? step.startedAt) - step.startedAt).toFixed(3)} `
    const [last = '', ...lines] = (step.partial + step.decoder.write(data)).split(/\r?\n/).reverse()
    step.partial = last
    for (const line of lines.reverse()) say(step, `${since}${lastShown(line)}`)
  }
  const flush = (step: Step): void => {
    const rest = step.partial + step.decoder.end()
    step.partial = ''
    if (rest !== '') say(step, lastShown(rest))
  }
  const begin = (vertex: Vertex): void => {
    if (vertex.started === undefined) return
    const isNew = !steps.has(vertex.digest)
    const step = of(vertex.digest)
    step.startedAt ??= vertex.started
    if (isNew) say(step, vertex.name)
  }
  const finish = (vertex: Vertex): void => {
    const [step, text] = [steps.get(vertex.digest), endOf(vertex)]
    if (step === undefined || text === undefined) return
    const [kind = ''] = text.split(' ')
    if (step.ends.has(kind)) return
    step.ends.add(kind)
    flush(step)
    say(step, text)
  }
  return {
    update({ vertexes, statuses, logs, warnings }) {
      vertexes.forEach(begin)
      for (const status of statuses) {
        const step = of(status.vertex)
        if (isWorthSaying(step, status)) say(step, describePart(status))
      }
      for (const { vertex, data, timestamp } of logs) print(of(vertex), { data, at: timestamp })
      for (const { vertex, short } of warnings) report(`${numberOf(steps.get(vertex))}WARN: ${short}`)
      vertexes.forEach(finish)
    },
    end: () => steps.forEach(flush),
  }
}

interface Printed {
  readonly data: Uint8Array
  /** Seconds since the epoch. */
  readonly at: number | undefined
}

function newStep(number: number): Step {
  const decoder = new StringDecoder('utf8')
  return { number, startedAt: undefined, ends: new Set(), parts: new Map(), decoder, partial: '' }
}

/** Programs write over a line to show how far they are: its last state is kept. */
function lastShown(line: string): string {
  const shown = line.replace(/\r+$/, '')
  return shown.slice(shown.lastIndexOf('\r') + 1)
}

function numberOf(step: Step | undefined): string {
  return step === undefined ? '' : `#${step.number} `
}

function endOf({ started, completed, cached, error }: Vertex): string | undefined {
  if (error.endsWith('context canceled')) return 'CANCELED'
  if (error !== '') return `ERROR: ${error}`
  if (cached) return 'CACHED'
  return started === undefined || completed === undefined ? undefined : `DONE ${(completed - started).toFixed(1)}s`
}

function isWorthSaying({ parts }: Step, { id, timestamp, started, completed }: VertexStatus): boolean {
  const former = parts.get(id)
  const at = timestamp ?? started ?? 0
  if (former === undefined) {
    parts.set(id, { at, isDone: completed !== undefined })
    return completed !== undefined
  }
  if (former.isDone || (completed === undefined && at - former.at < everySeconds)) return false
  Object.assign(former, { at, isDone: completed !== undefined })
  return true
}

function describePart({ id, current, total, started, completed }: VertexStatus): string {
  const words = [id]
  if (total > 0) words.push(`${size(current)} / ${size(total)}`)
  else if (current > 0) words.push(size(current))
  if (completed !== undefined && started !== undefined) words.push(`${(completed - started).toFixed(1)}s`)
  return [...words, ...(completed === undefined ? [] : ['done'])].join(' ')
}

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes}B`
  const units = ['kB', 'MB', 'GB', 'TB']
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), units.length)
  return `${(bytes / 1000 ** power).toFixed(2)}${units[power - 1] ?? ''}`
}
