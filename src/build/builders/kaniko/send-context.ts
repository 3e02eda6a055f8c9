import { setTimeout as sleep } from 'node:timers/promises'
import type { KanikoArtifact } from '../../../config/index.ts'
import { isToolError, ToolError } from '../../../errors/index.ts'
import { parseGoDuration } from '../../../dockerfile/index.ts'
import type { Emit } from '../../../events/index.ts'
import { contextMount } from './kaniko-arguments.ts'
import { completeFile, containers } from './kaniko-pod.ts'
import type { SentContext } from './kaniko-context.ts'
import { checkPod, type WatchedPod } from './watched-pod.ts'

/** How the context is sent. */
export interface SendOptions {
  readonly kaniko: KanikoArtifact
  readonly emit: Emit
}

const pauseMs = 1000

/**
 * Unpacks the context in the init container, more than once when it fails, and lets the executor start.
 * @throws BUILD_CONTEXT_NOT_SENT, BUILD_POD_FAILED
 */
export async function sendContext(watched: WatchedPod, context: SentContext, options: SendOptions): Promise<void> {
  const { kaniko, emit } = options
  const retries = kaniko.copyMaxRetries ?? 3
  for (let attempt = 0; ; attempt += 1) {
    try {
      await sendOnce(watched, context, kaniko)
      break
    } catch (error) {
      watched.signal.throwIfAborted()
      if (!isToolError(error)) throw error
      // a container that has ended says more than that nothing could be run in it
      await checkPod(watched)
      if (attempt >= retries) throw error
      emit({ type: 'warning', text: `${error.message}: trying again (${attempt + 1}/${retries})` })
      await sleep(pauseMs, undefined, { signal: watched.signal })
    }
  }
  await letStart(watched)
}

const startMs = 30_000

/** With the file the container ends, and its connection may break with it: the pod tells what came of it. */
async function letStart(watched: WatchedPod): Promise<void> {
  const timeout = AbortSignal.timeout(startMs)
  try {
    await runInInit(watched, { command: ['touch', completeFile], signal: AbortSignal.any([watched.signal, timeout]) })
  } catch (error) {
    watched.signal.throwIfAborted()
    if (!timeout.aborted) throw error
  }
}

/** The archive's size is told, because API servers before 1.31 cannot tell its end. */
async function sendOnce(watched: WatchedPod, { archive }: SentContext, kaniko: KanikoArtifact): Promise<void> {
  const { size } = archive.descriptor
  const command = ['sh', '-c', `head -c ${size} | tar -zxf - -C ${contextMount}`]
  const timeout = AbortSignal.timeout(copyTimeoutMs(kaniko))
  const signal = AbortSignal.any([watched.signal, timeout])
  try {
    await runInInit(watched, { command, signal, stdin: archive.open(signal) })
  } catch (error) {
    watched.signal.throwIfAborted()
    if (!timeout.aborted) throw error
    throw notSent(watched, `it took longer than ${kaniko.copyTimeout ?? defaultCopyTimeout}`)
  }
}

const defaultCopyTimeout = '5m'

function copyTimeoutMs({ copyTimeout = defaultCopyTimeout }: KanikoArtifact): number {
  return (parseGoDuration(copyTimeout) ?? 300e9) / 1e6
}

interface InInit {
  readonly command: readonly string[]
  readonly signal: AbortSignal
  readonly stdin?: AsyncIterable<Uint8Array>
}

async function runInInit(watched: WatchedPod, run: InInit): Promise<void> {
  const { client, ref } = watched
  const said: Uint8Array[] = []
  const take = (chunk: Uint8Array): void => void said.push(chunk)
  const { exitCode } = await client.exec(ref, { ...run, container: containers.init, onStdout: take, onStderr: take })
  if (exitCode === 0) return
  const text = Buffer.concat(said).toString('utf8').trim()
  throw notSent(watched, `${run.command[0] ?? ''} exited with ${exitCode}${text === '' ? '' : `: ${text}`}`)
}

function notSent({ image, ref }: WatchedPod, why: string): ToolError {
  return new ToolError(
    'BUILD_CONTEXT_NOT_SENT',
    `the build context of ${image} was not sent to pod/${ref.name}: ${why}`,
    {
      hint: 'kaniko.initImage needs sh, head, tar and gzip; kaniko.copyTimeout and copyMaxRetries say how long it is tried',
    },
  )
}
