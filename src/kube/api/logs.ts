import { isToolError } from '../../errors/index.ts'
import type { LogOptions } from '../contract.ts'
import type { KubeTarget } from '../config/target.ts'
import { connectionError } from './failure.ts'
import { linesOf } from './lines.ts'
import type { Transport } from './transport.ts'

export interface LogSource {
  readonly transport: Transport
  readonly target: KubeTarget
}

/**
 * Reads the log of one container, with `follow` until it ends.
 * @yields lines without their newline
 */
export async function* readLogs(
  { transport, target }: LogSource,
  pod: { readonly namespace: string; readonly name: string },
  options: LogOptions,
): AsyncGenerator<string, void, undefined> {
  const { container, follow, previous, tailLines, sinceSeconds, sinceTime, timestamps, signal } = options
  const answer = await transport.open({
    method: 'GET',
    path: `/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${encodeURIComponent(pod.name)}/log`,
    query: {
      container,
      follow: follow === true ? 'true' : undefined,
      previous: previous === true ? 'true' : undefined,
      tailLines: tailLines?.toString(),
      // the API takes whole seconds, and no 0
      sinceSeconds: sinceSeconds === undefined ? undefined : Math.max(1, Math.ceil(sinceSeconds)).toString(),
      sinceTime,
      timestamps: timestamps === true ? 'true' : undefined,
    },
    accept: '*/*',
    ...(signal === undefined ? {} : { signal }),
    // a container may be silent for hours
    ...(follow === true ? { idleTimeoutMs: 0 } : {}),
    about: { verb: 'read', what: `the logs of pod/${pod.name} in namespace ${pod.namespace}` },
  })
  try {
    yield* linesOf(answer.body)
  } catch (error) {
    throw isToolError(error) ? connectionError(error, target) : error
  }
}
