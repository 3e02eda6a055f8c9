import { closeSync, openSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { StringDecoder } from 'node:string_decoder'
import type { LogQuery } from '../contract.ts'

/** The log of one run of a container, in a file, each line with its time. */
export interface ContainerLog {
  /** Takes one of the container's streams until it ends. */
  capture(stream: AsyncIterable<Uint8Array>): Promise<void>
  /** Adds one line that the runtime, not the program, has to say. */
  note(line: string): void
  /** Nothing more will come. */
  end(): void
  read(query: LogQuery): AsyncIterable<string>
  /** The last bytes, for a termination message. */
  tail(maxBytes: number): Promise<string>
}

interface State {
  readonly path: string
  readonly clock: () => Date
  readonly file: number
  sizeBytes: number
  isEnded: boolean
  readonly waiting: Set<() => void>
}

/** Opens a log. In the file, `F` marks a whole line and `P` one that the stream ended in, as container runtimes do. */
export function createContainerLog(path: string, clock: () => Date): ContainerLog {
  const state: State = { path, clock, file: openSync(path, 'w'), sizeBytes: 0, isEnded: false, waiting: new Set() }
  return {
    async capture(stream) {
      const decoder = new StringDecoder('utf8')
      let partial = ''
      for await (const chunk of stream) {
        const lines = (partial + decoder.write(Buffer.from(chunk))).split('\n')
        partial = lines.pop() ?? ''
        for (const line of lines) append(state, 'F', line)
      }
      if (partial !== '') append(state, 'P', partial)
    },
    note: (line) => append(state, 'F', line),
    end() {
      if (state.isEnded) return
      state.isEnded = true
      closeSync(state.file)
      wake(state)
    },
    read: (query) => read(state, query),
    async tail(maxBytes) {
      const lines = await wholeLog(state)
      return lines.map(textOf).join('').slice(-maxBytes)
    },
  }
}

function append(state: State, tag: 'F' | 'P', text: string): void {
  if (state.isEnded) return
  const line = Buffer.from(`${state.clock().toISOString().replace('Z', '000000Z')} ${tag} ${text}\n`)
  writeSync(state.file, line)
  state.sizeBytes += line.length
  wake(state)
}

function wake({ waiting }: State): void {
  const all = [...waiting]
  waiting.clear()
  for (const resume of all) resume()
}

async function* read(state: State, query: LogQuery): AsyncIterable<string> {
  const { follow, tailLines } = query
  const since = sinceOf(state, query)
  const fits = (line: string): boolean => since === undefined || Date.parse(line.slice(0, line.indexOf(' '))) >= since
  const before = state.sizeBytes
  const written = (await linesBetween(state, 0, before)).filter(fits)
  const wanted = tailLines === undefined ? written : written.slice(Math.max(0, written.length - tailLines))
  for (const line of wanted) yield render(line, query)
  if (follow) yield* readOn(state, query, before)
}

async function* readOn(state: State, query: LogQuery, from: number): AsyncIterable<string> {
  for (let offset = from; !query.signal.aborted;) {
    if (offset === state.sizeBytes) {
      if (state.isEnded) return
      await changed(state, query.signal)
      continue
    }
    const end = state.sizeBytes
    for (const line of await linesBetween(state, offset, end)) yield render(line, query)
    offset = end
  }
}

function sinceOf({ clock }: State, { sinceSeconds, sinceTime }: LogQuery): number | undefined {
  if (sinceSeconds !== undefined) return clock().getTime() - sinceSeconds * 1000
  return sinceTime?.getTime()
}

function changed({ waiting }: State, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const resume = (): void => {
      waiting.delete(resume)
      signal.removeEventListener('abort', resume)
      resolve()
    }
    waiting.add(resume)
    signal.addEventListener('abort', resume, { once: true })
  })
}

async function wholeLog(state: State): Promise<readonly string[]> {
  return linesBetween(state, 0, state.sizeBytes)
}

/** Writes end with a line, so that a part between two sizes has whole lines only. */
async function linesBetween({ path }: State, start: number, end: number): Promise<readonly string[]> {
  if (end === start) return []
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start)
    return buffer.subarray(0, bytesRead).toString('utf8').split('\n').slice(0, -1)
  } finally {
    await file.close()
  }
}

const prefix = /^(\S+) ([FP]) /

function render(line: string, { timestamps }: LogQuery): string {
  return timestamps ? `${prefix.exec(line)?.[1] ?? ''} ${textOf(line)}` : textOf(line)
}

function textOf(line: string): string {
  const isWhole = prefix.exec(line)?.[2] === 'F'
  return `${line.replace(prefix, '')}${isWhole ? '\n' : ''}`
}
