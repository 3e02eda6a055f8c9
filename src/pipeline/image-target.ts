import type { Context } from './contract.ts'

/** Where images go. */
export interface ImageTarget {
  /** Registry path that image names are moved under. */
  readonly defaultRepo?: string
  /** They come to the nodes without a registry. */
  readonly isLoaded: boolean
  /** The nodes have images of their own, beside those of Docker's engine on this machine. */
  readonly isOnNodes: boolean
}

/**
 * Where images go when nobody says whether to push: to the given registry, to the one that a cluster on this machine says
 * it has, or right onto its nodes. With `isOffline` no cluster is asked.
 */
export async function imageTarget(context: Context, isOffline = false): Promise<ImageTarget> {
  const { defaultRepo, globalSettings } = context
  const own = await context.localCluster?.()
  const registry = defaultRepo === undefined && !isOffline ? await own?.registry() : undefined
  if (registry !== undefined) {
    context.emit({ type: 'detail', text: `the cluster says that it uses the registry ${registry.host}` })
    return { defaultRepo: registry.host, isLoaded: false, isOnNodes: true }
  }
  const isLoaded = own?.cluster.loadsImages ?? globalSettings?.localCluster === true
  const isOnNodes = own !== undefined && own.cluster.kind !== 'docker'
  return { isLoaded, isOnNodes, ...(defaultRepo === undefined ? {} : { defaultRepo }) }
}
