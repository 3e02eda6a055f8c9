import type { SyncPlan } from '../../sync/index.ts'

/** What a change makes necessary. */
export interface Work {
  /** skaffold.yaml has to be read again; everything is built then. */
  readonly reload: boolean
  /** Artifacts to build again. */
  readonly images: 'all' | readonly string[]
  /** The resources have to be rendered and applied again; always so after a build. */
  readonly redeploy: boolean
  /** Files to copy into running containers of images that are not built; absent: none. */
  readonly syncs?: readonly SyncWork[]
}

/** Files of one image. */
export interface SyncWork {
  readonly image: string
  readonly plan: SyncPlan
}

/** The first iteration: everything. */
export const allWork: Work = { reload: false, images: 'all', redeploy: true }

/** Whether there is nothing to do. */
export function isIdle(work: Work): boolean {
  return !work.reload && !work.redeploy && work.images.length === 0 && (work.syncs ?? []).length === 0
}

/** Everything that either asks for; images keep the order in which they were first asked for. */
export function mergeWork(left: Work | undefined, right: Work | undefined): Work {
  if (left === undefined || right === undefined) return left ?? right ?? { reload: false, images: [], redeploy: false }
  const isAll = left.images === 'all' || right.images === 'all'
  const images = isAll ? ('all' as const) : [...new Set([...left.images, ...right.images])]
  const syncs = mergeSyncs(left.syncs ?? [], right.syncs ?? []).filter(
    ({ image }) => images !== 'all' && !images.includes(image),
  )
  return {
    reload: left.reload || right.reload,
    images,
    redeploy: left.redeploy || right.redeploy,
    ...(syncs.length === 0 ? {} : { syncs }),
  }
}

/** What happens to a place later takes the place of what was to happen before. */
function mergeSyncs(before: readonly SyncWork[], after: readonly SyncWork[]): readonly SyncWork[] {
  const merged = new Map(before.map((sync) => [sync.image, sync.plan] as const))
  for (const { image, plan } of after) {
    const old = merged.get(image) ?? { copies: [], deletions: [] }
    const written = new Set(plan.copies.map(({ destination }) => destination))
    const deleted = new Set(plan.deletions)
    const copies = old.copies.filter(({ destination }) => !written.has(destination) && !deleted.has(destination))
    const deletions = old.deletions.filter((path) => !written.has(path) && !deleted.has(path))
    merged.set(image, { copies: [...copies, ...plan.copies], deletions: [...deletions, ...plan.deletions] })
  }
  return [...merged].map(([image, plan]) => ({ image, plan }))
}
