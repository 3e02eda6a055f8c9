import type { SkaffoldConfig } from '../../config/index.ts'
import type { NodeFacts } from '../../placement/index.ts'
import type { Context } from '../contract.ts'
import { nodePlatforms } from '../nodes.ts'
import { usualWords, type PlatformQuestion } from '../platforms.ts'
import { isForRun } from './run-configs.ts'

/** What the platforms of a configuration's images depend on, beside what is asked for. */
export type Surroundings = Required<Pick<PlatformQuestion, 'cluster' | 'host' | 'words'>>

/** Cloud Run and the workers of Google Cloud Build are linux/amd64, whatever cluster and machine are. */
export function surroundings(
  config: Pick<SkaffoldConfig, 'build' | 'deploy'>,
  { host }: Pick<Context, 'host'>,
  { nodes, checkCluster }: { readonly nodes: readonly NodeFacts[]; readonly checkCluster: boolean },
): Surroundings {
  const google = { os: 'linux', architecture: 'amd64' }
  const isBuiltThere = config.build.googleCloudBuild !== undefined
  const builder = isBuiltThere
    ? { host: google, hostWord: 'the platform of the workers of Google Cloud Build' }
    : { host, hostWord: usualWords.host }
  const words = { ...usualWords, host: builder.hostWord }
  if (!isForRun(config) || !checkCluster) return { cluster: nodePlatforms(nodes), host: builder.host, words }
  return {
    cluster: [google],
    host: builder.host,
    words: { ...words, cluster: 'the platform of Cloud Run', offered: 'offered by Cloud Run' },
  }
}
