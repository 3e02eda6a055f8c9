import { randomUUID } from 'node:crypto'
import { digestOf, parseDigest } from '../image/index.ts'
import type { BlobStore, ManifestStore, RegistryStore, StoredManifest, TagStore, UploadStore } from './contract.ts'

/** A store that lives as long as the process; content that several repositories have is kept once. */
export function createMemoryStore(): RegistryStore {
  const repositories = new Map<string, Repository>()
  return {
    blobs: memoryBlobs(repositories),
    uploads: memoryUploads(repositories),
    manifests: memoryManifests(repositories),
    tags: memoryTags(repositories),
  }
}

interface Repository {
  /** Whether it ever had a blob or manifest. */
  isUsed: boolean
  readonly blobs: Map<string, Uint8Array>
  readonly uploads: Map<string, Upload>
  readonly manifests: Map<string, StoredManifest>
  readonly tags: Map<string, string>
}

interface Upload {
  readonly chunks: Uint8Array[]
  size: number
}

type Repositories = Map<string, Repository>

function repositoryOf(repositories: Repositories, name: string): Repository {
  const found = repositories.get(name)
  if (found !== undefined) return found
  const made: Repository = {
    isUsed: false,
    blobs: new Map(),
    uploads: new Map(),
    manifests: new Map(),
    tags: new Map(),
  }
  repositories.set(name, made)
  return made
}

function addBlob(repository: Repository, digest: string, bytes: Uint8Array): void {
  repository.isUsed = true
  repository.blobs.set(digest, bytes)
}

function memoryBlobs(repositories: Repositories): BlobStore {
  return {
    stat: async (repository, digest) => Promise.resolve(repositories.get(repository)?.blobs.get(digest)?.length),
    async *open(repository, digest, range) {
      const bytes = repositories.get(repository)?.blobs.get(digest)
      if (bytes === undefined) return
      yield range === undefined ? bytes : bytes.subarray(range.start, range.end + 1)
    },
    async mount(repository, digest, from) {
      const sources = from === undefined ? [...repositories.values()] : [repositories.get(from)]
      const bytes = sources.map((source) => source?.blobs.get(digest)).find((found) => found !== undefined)
      if (bytes !== undefined) addBlob(repositoryOf(repositories, repository), digest, bytes)
      return Promise.resolve(bytes !== undefined)
    },
    remove: async (repository, digest) => Promise.resolve(repositories.get(repository)?.blobs.delete(digest) ?? false),
  }
}

function memoryUploads(repositories: Repositories): UploadStore {
  const find = (repository: string, id: string): Upload | undefined => repositories.get(repository)?.uploads.get(id)
  return {
    async start(repository) {
      const id = randomUUID()
      repositoryOf(repositories, repository).uploads.set(id, { chunks: [], size: 0 })
      return Promise.resolve(id)
    },
    size: async (repository, id) => Promise.resolve(find(repository, id)?.size),
    async append(repository, id, source) {
      const upload = find(repository, id)
      if (upload === undefined) return 0
      for await (const chunk of source) {
        upload.chunks.push(chunk)
        upload.size += chunk.length
      }
      return upload.size
    },
    async finish(repository, id, digest) {
      const upload = find(repository, id)
      if (upload === undefined) return Promise.resolve(false)
      const target = repositoryOf(repositories, repository)
      target.uploads.delete(id)
      const bytes = Buffer.concat(upload.chunks)
      if (digestOf(bytes, parseDigest(digest).algorithm) !== digest) return false
      addBlob(target, digest, bytes)
      return true
    },
    cancel: async (repository, id) => Promise.resolve(repositories.get(repository)?.uploads.delete(id) ?? false),
  }
}

function memoryManifests(repositories: Repositories): ManifestStore {
  return {
    get: async (repository, digest) => Promise.resolve(repositories.get(repository)?.manifests.get(digest)),
    async put(repository, manifest) {
      const target = repositoryOf(repositories, repository)
      target.isUsed = true
      target.manifests.set(manifest.digest, manifest)
      return Promise.resolve()
    },
    async remove(repository, digest) {
      const { manifests, tags } = repositories.get(repository) ?? { manifests: new Map(), tags: new Map() }
      for (const [tag, target] of tags) if (target === digest) tags.delete(tag)
      return Promise.resolve(manifests.delete(digest))
    },
    async referrers(repository, subject) {
      const manifests = [...(repositories.get(repository)?.manifests.values() ?? [])]
      const found = manifests.filter((manifest) => manifest.subject === subject)
      return Promise.resolve(found.map(({ digest }) => digest).sort())
    },
  }
}

function memoryTags(repositories: Repositories): TagStore {
  return {
    get: async (repository, tag) => Promise.resolve(repositories.get(repository)?.tags.get(tag)),
    async set(repository, tag, digest) {
      repositoryOf(repositories, repository).tags.set(tag, digest)
      return Promise.resolve()
    },
    remove: async (repository, tag) => Promise.resolve(repositories.get(repository)?.tags.delete(tag) ?? false),
    async list(repository) {
      const found = repositories.get(repository)
      return Promise.resolve(found?.isUsed === true ? [...found.tags.keys()].sort() : undefined)
    },
    async repositories() {
      const used = [...repositories].filter(([, { isUsed }]) => isUsed)
      return Promise.resolve(used.map(([name]) => name).sort())
    },
  }
}
