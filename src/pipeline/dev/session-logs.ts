import type { Context } from '../contract.ts'
import { followProjectLogs, type FollowedLogs } from '../logs.ts'

/** The logs of a session: what is followed changes with each deployment. */
export interface Logs {
  /** Follows the pods of these objects; nothing changes when they are followed already. */
  follow(logs: FollowedLogs): Promise<void>
  end(): Promise<void>
}

export function createLogs(context: Context): Logs {
  let running: { readonly key: string; readonly controller: AbortController; readonly done: Promise<void> } | undefined
  const end = async (): Promise<void> => {
    const ending = running
    running = undefined
    ending?.controller.abort()
    await ending?.done
  }
  return {
    async follow(logs) {
      const key = JSON.stringify(logs.refs)
      if (running?.key === key) return
      const again = running === undefined ? {} : { sinceSeconds: 1 }
      await end()
      const controller = new AbortController()
      const done = followUntilEnd({ ...context, signal: controller.signal }, { ...logs, ...again })
      running = { key, controller, done }
    },
    end,
  }
}

/** Logs are a convenience: when they break off, the session goes on and says so. */
async function followUntilEnd(context: Context, logs: FollowedLogs): Promise<void> {
  try {
    await followProjectLogs(context, logs)
  } catch (error) {
    if (context.signal.aborted) return
    const text = `logs are not followed any more: ${error instanceof Error ? error.message : String(error)}`
    context.emit({ type: 'warning', text })
  }
}
