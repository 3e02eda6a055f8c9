import { walkContext, type ContextListing } from '../../../workspace/index.ts'
import type { BuildRequest } from '../../contract.ts'
import type { DockerfileOnDisk } from './read-dockerfile.ts'

/** Which context is meant, and for which build. */
export interface WalkRequest {
  readonly folder: string
  readonly ignore: DockerfileOnDisk['ignore']
  readonly signal: AbortSignal
  /** Walks for the same build are one, when they follow each other closely. */
  readonly reference?: BuildRequest['reference'] | undefined
}

/** Walks over contexts; those that several ask for at the same time are one. */
export interface ContextWalks {
  walk(request: WalkRequest): Promise<ContextListing>
}

/** So long what was found is taken for what is there: from looking a build up to building it. */
const freshMs = 3000

export function createContextWalks(now: () => number): ContextWalks {
  const underWay = new Map<string, Promise<ContextListing>>()
  const walked = new WeakMap<BuildRequest['reference'], Map<string, Walked>>()
  return {
    async walk(request) {
      const { folder, ignore, reference } = request
      const key = JSON.stringify([folder, ignore?.path])
      const earlier = reference === undefined ? undefined : walked.get(reference)?.get(key)
      if (earlier !== undefined && now() - earlier.atMs < freshMs) return earlier.listing
      const atMs = now()
      const walking = underWay.get(key) ?? walk(request).finally(() => underWay.delete(key))
      underWay.set(key, walking)
      const listing = await walking
      if (reference !== undefined) {
        const own = walked.get(reference) ?? new Map<string, Walked>()
        walked.set(reference, own.set(key, { atMs, listing }))
      }
      return listing
    },
  }
}

interface Walked {
  readonly atMs: number
  readonly listing: ContextListing
}

async function walk({ folder, ignore, signal }: WalkRequest): Promise<ContextListing> {
  return walkContext(folder, { signal, ...(ignore === undefined ? {} : { ignore: ignore.rules }) })
}
