import { setTimeout as sleep } from 'node:timers/promises'
import * as v from 'valibot'
import { ToolError } from '../../../errors/index.ts'
import { isDigest } from '../../../image/index.ts'
import type { KubeObject } from '../../../kube/index.ts'
import { formatPlatform } from '../../../platform/index.ts'
import { reasonIn } from '../dockerfile/run-engine.ts'
import { containers } from './kaniko-pod.ts'
import { awaitPod, type WatchedPod } from './watched-pod.ts'

const keptLines = 100

/**
 * Passes the executor's log on until it ends.
 * @returns the digest that it has written into its termination message, when it has
 * @throws BUILD_TOOL_FAILED with the line that says why
 * @throws BUILD_POD_FAILED
 */
export async function followExecutor(watched: WatchedPod): Promise<string | undefined> {
  await awaitPod(watched, (pod) => (hasStarted(pod) ? true : undefined))
  const lines: string[] = []
  const enough = new AbortController()
  const passing = passLogOn(watched, { lines, signal: AbortSignal.any([watched.signal, enough.signal]) })
  try {
    const { ended, why } = await awaitPod(watched, (pod) => endOf(pod))
    await Promise.race([passing, sleep(lastLinesMs, undefined, { signal: watched.signal, ref: false })])
    if (ended.exitCode !== 0) throw failure(watched, { ended, why, lines })
    const said = (ended.message ?? '').trim()
    return isDigest(said) ? said : undefined
  } finally {
    enough.abort()
    await passing
  }
}

/** How long the log of a container that has ended may still come. */
const lastLinesMs = 5000

interface Passing {
  /** The last ones. */
  readonly lines: string[]
  readonly signal: AbortSignal
}

/** A log that breaks off does not end the build. */
async function passLogOn({ client, ref, say }: WatchedPod, { lines, signal }: Passing): Promise<void> {
  try {
    for await (const line of client.logs(ref, { container: containers.main, follow: true, signal })) {
      say(line)
      lines.push(line)
      if (lines.length > keptLines) lines.shift()
    }
  } catch (error) {
    if (signal.aborted) return
    say(
      `the log of pod/${ref.name} is not followed any more: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

const terminatedSchema = v.looseObject({
  exitCode: v.number(),
  reason: v.nullish(v.string()),
  message: v.nullish(v.string()),
})
const statusSchema = v.looseObject({
  reason: v.nullish(v.string()),
  message: v.nullish(v.string()),
  containerStatuses: v.nullish(
    v.array(
      v.looseObject({
        name: v.string(),
        state: v.nullish(
          v.looseObject({ running: v.nullish(v.looseObject({})), terminated: v.nullish(terminatedSchema) }),
        ),
      }),
    ),
  ),
})

type Status = v.InferOutput<typeof statusSchema>
type Ended = v.InferOutput<typeof terminatedSchema>
type State = NonNullable<NonNullable<Status['containerStatuses']>[number]['state']>

function readState({ status }: KubeObject): { readonly pod: Status; readonly state: State } | undefined {
  const parsed = v.safeParse(statusSchema, status)
  if (!parsed.success) return undefined
  const main = parsed.output.containerStatuses?.find(({ name }) => name === containers.main)
  return { pod: parsed.output, state: main?.state ?? {} }
}

function hasStarted(pod: KubeObject): boolean {
  const { running, terminated } = readState(pod)?.state ?? {}
  return (running ?? undefined) !== undefined || (terminated ?? undefined) !== undefined
}

interface End {
  readonly ended: Ended
  /** What the cluster says of the pod as a whole. */
  readonly why: string
}

function endOf(pod: KubeObject): End | undefined {
  const found = readState(pod)
  const ended = found?.state.terminated ?? undefined
  if (found === undefined || ended === undefined) return undefined
  const why = [found.pod.reason, found.pod.message].filter((text) => (text ?? '') !== '').join(': ')
  return { ended, why }
}

function failure(
  { image, platform }: WatchedPod,
  { ended, why, lines }: End & { readonly lines: readonly string[] },
): ToolError {
  const reason = ended.reason === 'Error' || ended.reason === 'Completed' ? '' : (ended.reason ?? '')
  const said = reasonIn(lines.join('\n'))
  const causes = [why, reason, said].filter((text) => text !== '')
  const end = causes.length === 0 ? `it exited with ${ended.exitCode}` : causes.join(': ')
  const hint =
    reason === 'OOMKilled'
      ? 'give it more memory with build.cluster.resources.limits.memory'
      : 'correct what kaniko says'
  const what = `${image} for ${formatPlatform(platform)}`
  return new ToolError('BUILD_TOOL_FAILED', `kaniko could not build ${what}: ${end}`, { hint })
}
