import type { Reference } from '../reference/index.ts'
import { formatRepository } from '../reference/index.ts'
import type { Registry, Repository } from '../registry/index.ts'
import type { ImageStore } from './contract.ts'

/** One repository of a registry. */
export function registryStore(registry: Registry, { registry: host, repository }: Repository): ImageStore {
  const place: Repository = { registry: host, repository }
  const named = (name: string): Reference => ({ ...place, ...(name.includes(':') ? { digest: name } : { tag: name }) })
  return {
    title: formatRepository(place),
    repository: place,
    resolve: async (name, signal) => registry.resolve(named(name), signal),
    getManifest: async (name, signal) => registry.getManifest(named(name ?? 'latest'), signal),
    getBlob: (descriptor, signal) => registry.getBlob(place, descriptor, signal),
    getBlobRange: (descriptor, span) => registry.getBlobRange(place, descriptor, span),
    hasBlob: async (descriptor, signal) => registry.hasBlob(place, descriptor, signal),
    pushBlob: async (blob, signal) => registry.pushBlob(place, blob, signal),
    putManifest: async (name, manifest, signal) => registry.putManifest(named(name), manifest, signal),
    listTags: async (signal) => registry.listTags(place, signal),
    listReferrers: async (digest, options) => registry.listReferrers(named(digest), options),
  }
}
