import type { RunObject } from '../../deploy/cloud-run/index.ts'
import type { Context, DeployOptions } from '../contract.ts'
import { followerOf } from './follower-of.ts'
import type { RunFollower } from './follow-run.ts'

/** What a session of `dev` has on Cloud Run. */
export interface RunSession {
  /** Before anything is sent, so that it can be taken away again also when sending fails half-way. */
  readonly begin: (objects: readonly RunObject[]) => void
  /** After a deployment. */
  update(objects: readonly RunObject[] | undefined): Promise<void>
  /** Ends following; deletes everything that was ever begun, when that is wanted. Does not heed the session's signal. */
  end(isWanted: boolean): Promise<void>
}

/** Nothing is loaded before something goes to Cloud Run. */
export function createRunSession(context: Context, deploy: DeployOptions): RunSession {
  const begun = new Map<string, RunObject>()
  let follower: RunFollower | undefined
  return {
    begin(objects) {
      for (const object of objects) begun.set(JSON.stringify(object), object)
    },
    async update(objects) {
      if (objects === undefined) return
      follower ??= await followerOf(context, deploy)
      await follower.update(objects)
    },
    async end(isWanted) {
      await follower?.close()
      if (!isWanted || begun.size === 0) return
      const { deleteFromRun } = await import('../../deploy/cloud-run/index.ts')
      context.emit({ type: 'cleaningUp' })
      // the session's signal is aborted by now; a second Ctrl+C ends the process
      const { signal } = new AbortController()
      await deleteFromRun(await context.google(), { objects: [...begun.values()], emit: context.emit, signal })
      begun.clear()
    },
  }
}
