import { isToolError } from '../../errors/index.ts'
import { formatPlatform } from '../../platform/index.ts'
import type { Context } from '../contract.ts'
import { nodePlatforms, tryListNodes } from '../nodes.ts'

const longestMs = 10_000

/** The platforms of the cluster's nodes; none, and no complaint, when it does not answer. */
export async function clusterPlatforms(
  context: Pick<Context, 'connect' | 'emit' | 'signal'>,
): Promise<readonly string[]> {
  const deadline = AbortSignal.timeout(longestMs)
  const emit: Context['emit'] = (event) =>
    context.emit(event.type === 'warning' ? { type: 'detail', text: event.text } : event)
  try {
    const signal = AbortSignal.any([context.signal, deadline])
    return nodePlatforms(await tryListNodes({ ...context, emit, signal })).map(formatPlatform)
  } catch (error) {
    context.signal.throwIfAborted()
    if (deadline.aborted || isToolError(error)) return []
    throw error
  }
}
