import { setTimeout as wait } from 'node:timers/promises'
import * as v from 'valibot'
import type { ContainersRequest, RunningContainer } from './contract.ts'
import { askDocker, docker, failure } from './docker-call.ts'

/** A container without a health check has to stay up that long. */
const settleMs = 500
const pauseMs = 100

/**
 * Waits until containers run, and are healthy where they have a health check.
 * @throws DOCKER_DEPLOY_FAILED with the last lines of a container that ended, is unhealthy or takes too long
 */
export async function awaitRunning(containers: readonly RunningContainer[], request: ContainersRequest): Promise<void> {
  const { deadlineMs, emit, now } = request
  const changed = containers.filter(({ action }) => action !== 'unchanged')
  if (deadlineMs === undefined || changed.length === 0) return
  const startedAt = now()
  emit({ type: 'statusStarted' })
  let remaining = changed.length
  for (const { name } of changed) {
    await awaitOne(name, startedAt, { ...request, deadlineMs })
    remaining -= 1
    emit({ type: 'resourceReady', resource: `container/${name}`, remaining, total: changed.length })
  }
  emit({ type: 'stabilized', durationMs: now() - startedAt })
}

const stateSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.looseObject({
    Running: v.boolean(),
    ExitCode: v.number(),
    Error: v.optional(v.string(), ''),
    Health: v.nullish(v.looseObject({ Status: v.string() })),
  }),
)

type Awaiting = ContainersRequest & { readonly deadlineMs: number }

async function awaitOne(name: string, startedAt: number, request: Awaiting): Promise<void> {
  const { deadlineMs, signal, now } = request
  for (;;) {
    const text = await docker(
      `container ${name}`,
      ['container', 'inspect', '--format', '{{json .State}}', name],
      request,
    )
    const judged = judge(v.parse(stateSchema, text), now() - startedAt)
    if (judged === 'ready') return
    if (judged !== 'waiting') throw await ended(name, judged.why, request)
    if (now() - startedAt > deadlineMs) {
      throw await ended(name, `it was not ready within ${deadlineMs / 1000} s`, request)
    }
    await wait(pauseMs, undefined, { signal })
  }
}

type State = v.InferOutput<typeof stateSchema>

function judge(
  { Running, ExitCode, Error: said, Health }: State,
  sinceMs: number,
): 'ready' | 'waiting' | { readonly why: string } {
  // a task that is done is done
  if (!Running && ExitCode === 0) return 'ready'
  if (!Running) return { why: said === '' ? `it exited with ${ExitCode}` : said }
  if (Health?.Status === 'unhealthy') return { why: 'its health check fails' }
  if (Health?.Status === 'healthy') return 'ready'
  return Health?.Status !== 'starting' && sinceMs >= settleMs ? 'ready' : 'waiting'
}

async function ended(name: string, why: string, request: ContainersRequest): Promise<Error> {
  const { stdout, stderr } = await askDocker(['logs', '--tail', '5', name], request)
  const lines = `${stdout}${stderr}`.trim()
  request.emit({ type: 'resourceFailed', resource: `container/${name}`, message: why })
  return failure(`container ${name} does not run`, lines === '' ? why : `${why}\n${lines}`)
}
