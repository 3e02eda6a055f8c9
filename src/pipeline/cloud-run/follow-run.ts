import { createServer, type AddressInfo } from 'node:net'
import {
  followRunLog,
  proxyRunService,
  runName,
  type GcloudOutside,
  type RunObject,
} from '../../deploy/cloud-run/index.ts'
import type { Context } from '../contract.ts'

/** What goes on after a deployment to Cloud Run, until it is ended. */
export interface RunFollower {
  /** Follows what is new; what is followed already goes on. */
  update(objects: readonly RunObject[]): Promise<void>
  close(): Promise<void>
}

/** What is wanted. */
export interface FollowRunOptions {
  readonly tail: boolean
  /** Whether services are to be reachable on ports of this machine. */
  readonly forward: boolean
}

/** Follows logs of services and makes them reachable, both by gcloud, as Skaffold does. */
export function createRunFollower(context: Context, { tail, forward }: FollowRunOptions): RunFollower {
  const controller = new AbortController()
  const signal = AbortSignal.any([context.signal, controller.signal])
  const running = new Map<string, Promise<unknown>>()
  const missing = createMissing(context)
  const begin = (key: string, start: () => Promise<boolean>, what: string): void => {
    if (running.has(key)) return
    const done = start().then(
      (isThere) => (isThere ? undefined : missing(what)),
      (error: unknown) => context.emit({ type: 'warning', text: `${what} ended: ${String(error)}` }),
    )
    running.set(key, done)
  }
  return {
    async update(objects) {
      for (const object of objects.filter(({ kind }) => kind === 'Service')) {
        const outside = { ...gcloudOutside(context, object), signal }
        if (tail) begin(`log ${runName(object)}`, async () => followRunLog(object, outside), 'following logs')
        const key = `port ${runName(object)}`
        if (!forward || running.has(key)) continue
        const port = await freePort()
        begin(key, async () => proxyRunService(object, port, outside), 'forwarding ports')
        announce(context, object, port)
      }
    },
    async close() {
      controller.abort()
      await Promise.all(running.values())
      running.clear()
    },
  }
}

function announce({ emit }: Context, object: RunObject, localPort: number): void {
  emit({
    type: 'portForwarded',
    resource: runName(object),
    namespace: object.project,
    port: '443',
    address: '127.0.0.1',
    localPort,
  })
}

/** Said once for each thing that cannot be done. */
function createMissing({ emit }: Context): (what: string) => void {
  const said = new Set<string>()
  return (what) => {
    if (said.has(what)) return
    said.add(what)
    emit({
      type: 'warning',
      text: `${what} of Cloud Run needs gcloud, which is not on this machine`,
      hint: 'install it (https://cloud.google.com/sdk/docs/install), or look at the service in the console',
    })
  }
}

function gcloudOutside({ runProcess, env, cwd, emit, signal }: Context, { name, kind }: RunObject): GcloudOutside {
  const report = (text: string): void =>
    emit({ type: 'log', pod: name, container: name, label: kind === 'Service' ? name : '', text })
  return { runProcess, env, cwd, report, signal }
}

/** 8080 when it is free, as in Skaffold. */
async function freePort(): Promise<number> {
  return tryPort(8080).catch(async () => tryPort(0))
}

function tryPort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const { port: found } = server.address() as AddressInfo
      server.close(() => resolve(found))
    })
  })
}
