/** What a change makes necessary. */
export interface Work {
  /** skaffold.yaml has to be read again; everything is built then. */
  readonly reload: boolean
  /** Artifacts to build again. */
  readonly images: 'all' | readonly string[]
  /** The resources have to be rendered and applied again; always so after a build. */
  readonly redeploy: boolean
}

/** The first iteration: everything. */
export const allWork: Work = { reload: false, images: 'all', redeploy: true }

/** Whether there is nothing to do. */
export function isIdle(work: Work): boolean {
  return !work.reload && !work.redeploy && work.images.length === 0
}

/** Everything that either asks for; images keep the order in which they were first asked for. */
export function mergeWork(left: Work | undefined, right: Work | undefined): Work {
  if (left === undefined || right === undefined) return left ?? right ?? { reload: false, images: [], redeploy: false }
  const isAll = left.images === 'all' || right.images === 'all'
  return {
    reload: left.reload || right.reload,
    images: isAll ? 'all' : [...new Set([...left.images, ...right.images])],
    redeploy: left.redeploy || right.redeploy,
  }
}
