import { followContainer, type RunningContainer } from '../../deploy/docker/index.ts'
import type { Context } from '../contract.ts'

/** Logs of the containers that a session runs on this machine. */
export interface DockerLogs {
  /** After each deployment: containers that were made anew are followed anew. */
  follow(containers: readonly RunningContainer[]): void
  end(): Promise<void>
}

/** Nothing is followed before the first {@link DockerLogs.follow}. */
export function createDockerLogs(context: Context): DockerLogs {
  const ending = new AbortController()
  const signal = AbortSignal.any([context.signal, ending.signal])
  const { runProcess, env, emit } = context
  const running = new Map<string, Promise<void>>()
  return {
    follow(containers) {
      for (const container of containers) {
        if (container.action === 'unchanged' && running.has(container.name)) continue
        const following = followContainer(container, { runProcess, env, emit, signal }).catch((error: unknown) => {
          if (signal.aborted) return
          const text = error instanceof Error ? error.message : String(error)
          emit({ type: 'warning', text: `logs of container ${container.name} are not followed any more: ${text}` })
        })
        running.set(container.name, following)
      }
    },
    async end() {
      ending.abort()
      await Promise.all(running.values())
      running.clear()
    },
  }
}
