import type { ImageStore } from './contract.ts'

/** What a run without `--dry-run` would send. */
export interface WritePlan {
  /** Blobs that are in the same registry already: one request each. */
  readonly mounts: number
  /** Blobs to move: three requests each, one to read and two to write. */
  readonly uploads: number
  readonly uploadBytes: number
  readonly manifests: number
  /** All requests together, with the one that reads the tag back. */
  readonly requests: number
}

/** A store that only counts what it is told to write; it is read as ever. */
export interface DryStore {
  readonly store: ImageStore
  plan(): WritePlan
}

/** Wraps a store for a dry run. */
export function createDryStore(store: ImageStore): DryStore {
  const counts = { mounts: 0, uploads: 0, uploadBytes: 0, manifests: 0 }
  return {
    store: {
      ...store,
      async pushBlob({ descriptor, knownIn }) {
        const isNear = knownIn !== undefined && knownIn.registry === store.repository?.registry
        if (isNear && knownIn.repository !== store.repository?.repository) {
          counts.mounts += 1
          return 'mounted'
        }
        counts.uploads += 1
        counts.uploadBytes += descriptor.size
        return 'uploaded'
      },
      async putManifest() {
        counts.manifests += 1
      },
    },
    plan: () => ({ ...counts, requests: counts.mounts + 3 * counts.uploads + counts.manifests + 1 }),
  }
}
