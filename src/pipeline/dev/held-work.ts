import type { AutoOptions, DevControl } from '../contract.ts'
import { isIdle, mergeWork, type Work } from './work.ts'

/** Keeps work back whose stage does not happen by itself, until it is asked for. */
export interface HeldWork {
  /** What of new work is to be done now. */
  take(work: Work): Work
  /** What is to be done now that stages are asked for. */
  ask(asked: Partial<AutoOptions>): Work
}

/** Nothing is held. */
export function holdWork(control: DevControl): HeldWork {
  let held: Work | undefined
  return {
    take(work) {
      const { due, held: kept } = splitWork(work, control.auto())
      if (due.reload) {
        held = undefined
        return due
      }
      // what is built now need not be synchronized later
      const rest = mergeWork(held, kept)
      held = isIdle(rest) ? undefined : withoutBuilt(rest, due)
      return due
    },
    ask(asked) {
      const auto = control.auto()
      const isAllowed = (stage: keyof AutoOptions): boolean => auto[stage] || asked[stage] === true
      const allowed = { build: isAllowed('build'), sync: isAllowed('sync'), deploy: isAllowed('deploy') }
      const split = splitWork(mergeWork(held, undefined), allowed)
      held = isIdle(split.held) ? undefined : split.held
      return split.due
    },
  }
}

/**
 * What is done and what is held. A changed skaffold.yaml is never held; resources are deployed with the images that they
 * wait for.
 */
function splitWork(work: Work, allowed: AutoOptions): { readonly due: Work; readonly held: Work } {
  if (work.reload) return { due: work, held: mergeWork(undefined, undefined) }
  const { images, redeploy, syncs = [] } = work
  const isWaiting = !allowed.build && images.length > 0
  const isDeployed = redeploy && allowed.deploy && !isWaiting
  const part = (isDue: boolean): Work => {
    const files = allowed.sync === isDue ? syncs : []
    return {
      reload: false,
      images: allowed.build === isDue ? images : [],
      redeploy: isDue ? isDeployed : redeploy && !isDeployed,
      ...(files.length === 0 ? {} : { syncs: files }),
    }
  }
  return { due: part(true), held: part(false) }
}

function withoutBuilt(held: Work, due: Work): Work {
  const isBuilt = (image: string): boolean => due.images.includes(image)
  const { syncs = [], ...rest } = held
  const left = syncs.filter(({ image }) => !isBuilt(image))
  const images = held.images === 'all' ? held.images : held.images.filter((image) => !isBuilt(image))
  return { ...rest, images, ...(left.length === 0 ? {} : { syncs: left }) }
}
