import type { BuildApi, RemoteBuild } from './build-api.ts'
import { buildFailure } from './build-failure.ts'
import type { BuildSpec } from './build-spec.ts'
import { followBuild, type FollowOptions } from './follow-build.ts'

/** What running a build in the cloud needs. */
export interface RunOptions extends Omit<FollowOptions, 'id'> {
  /** For errors. */
  readonly image: string
}

/** As much of the log as errors look at. */
const keptLines = 50

/**
 * Starts a build and waits for its end. Whatever ends the waiting cancels the build.
 * @throws GOOGLE_BUILD_FAILED
 */
export async function runRemote(spec: BuildSpec, options: RunOptions): Promise<RemoteBuild> {
  const { builds, bucket, hasLog, image, report, signal } = options
  // a request that is cut off may have started a build that nobody knows of
  const { id, logUrl } = await builds.create(spec)
  const log: string[] = []
  try {
    const where = hasLog ? `https://storage.cloud.google.com/${bucket}/log-${id}.txt` : (logUrl ?? 'Cloud Logging')
    report(`Logs are available at ${where}`)
    signal.throwIfAborted()
    const build = await followBuild({
      ...options,
      id,
      report: (line) => {
        log.push(line)
        if (log.length > keptLines) log.shift()
        report(line)
      },
    })
    if (build.status === 'SUCCESS') return build
    throw buildFailure(build, { image, log })
  } catch (error) {
    if (signal.aborted) await cancel(builds, id, report)
    throw error
  }
}

async function cancel(builds: BuildApi, id: string, report: (line: string) => void): Promise<void> {
  try {
    await builds.cancel(id)
    report(`Cancelled the build ${id}`)
  } catch (error) {
    // it may be over already
    report(`Could not cancel the build ${id}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
