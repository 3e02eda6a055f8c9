import { setTimeout } from 'node:timers/promises'
import { StringDecoder } from 'node:string_decoder'
import { refusalIn, type Storage } from '../../../google/index.ts'
import type { BuildApi, RemoteBuild } from './build-api.ts'

/** What is followed, and what is told of it. */
export interface FollowOptions {
  readonly builds: BuildApi
  readonly storage: Pick<Storage, 'readFrom'>
  readonly id: string
  readonly bucket: string
  /** False: the log is somewhere else. */
  readonly hasLog: boolean
  readonly report: (line: string) => void
  readonly signal: AbortSignal
  readonly clock: Clock
}

/** Time, as far as waiting goes. */
export interface Clock {
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** The machine's. */
export const realClock: Clock = {
  sleep: async (ms, signal) => {
    try {
      await setTimeout(ms, undefined, { signal })
    } catch (error) {
      signal.throwIfAborted()
      throw error
    }
  },
  now: Date.now,
}

const running: ReadonlySet<string> = new Set(['PENDING', 'QUEUED', 'STATUS_UNKNOWN', 'WORKING'])
const firstDelayMs = 1000
const factor = 1.5
const maxDelayMs = 5000
/** As in Skaffold: so long may the rate be exceeded before that is the end. */
const maxRefusedMs = 3 * 60_000
const maxRefusedDelayMs = 60_000

/** Passes the log on as it grows, and gives the build as it is in the end. */
export async function followBuild(options: FollowOptions): Promise<RemoteBuild> {
  const { clock, signal } = options
  const log = createLog(options)
  let delay = firstDelayMs
  let status = ''
  for (;;) {
    await clock.sleep(delay, signal)
    const build = await getPatiently(options)
    const hasNews = await log.read()
    if (!running.has(build.status)) {
      await log.finish()
      return build
    }
    // what moves is looked at often
    delay = hasNews || build.status !== status ? firstDelayMs : Math.min(delay * factor, maxDelayMs)
    status = build.status
  }
}

async function getPatiently({ builds, id, signal, clock }: FollowOptions): Promise<RemoteBuild> {
  const begin = clock.now()
  let delay = firstDelayMs
  for (;;) {
    try {
      return await builds.get(id, signal)
    } catch (error) {
      if (refusalIn(error)?.status !== 429 || clock.now() - begin > maxRefusedMs) throw error
      await clock.sleep(delay, signal)
      delay = Math.min(delay * factor, maxRefusedDelayMs)
    }
  }
}

interface Log {
  /** Whether there was something new. */
  read(): Promise<boolean>
  /** The last lines come after the build has ended. */
  finish(): Promise<void>
}

function createLog({ storage, bucket, id, hasLog, report, signal, clock }: FollowOptions): Log {
  const object = `log-${id}.txt`
  const decoder = new StringDecoder('utf8')
  let offset = 0
  let rest = ''
  const read = async (): Promise<boolean> => {
    if (!hasLog) return false
    const bytes = await storage.readFrom(bucket, object, { offset, signal })
    offset += bytes.length
    const lines = (rest + decoder.write(Buffer.from(bytes))).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) report(line.replace(/\r$/, ''))
    return bytes.length > 0
  }
  return {
    read,
    async finish() {
      if (hasLog && offset === 0) await clock.sleep(firstDelayMs, signal)
      await read()
      const last = rest + decoder.end()
      if (last !== '') report(last)
    },
  }
}
