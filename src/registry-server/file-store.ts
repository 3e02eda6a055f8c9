import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isDigest } from '../image/index.ts'
import type { ManifestStore, RegistryStore, TagStore, UploadStore } from './contract.ts'
import { fileBlobs } from './file-blobs.ts'
import { createContent, isRepository, listRepositories, removeLeftOvers, type Content } from './file-content.ts'
import { createLayoutIndex, type LayoutIndex } from './file-index.ts'
import { createPaths, digestOfFile, fileOfDigest, type Paths } from './file-paths.ts'
import { fileUploads } from './file-uploads.ts'
import { ifThere, writeAtomically } from './files.ts'

/** A day: clients that go on with an upload do it much sooner. */
const leftOverMs = 24 * 60 * 60 * 1000

/** What a file store takes from outside. */
export interface FileStoreOptions {
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

/**
 * A store in a folder, which is made when it is not there. The folder is an OCI image layout: all content is in its
 * `blobs/`, and its `index.json` names what is tagged as `repository:tag`. Beside that, `repositories/` says which
 * repository has what. Everything is written beside its place and renamed into it, so a process that is killed leaves
 * nothing half written; uploads that it was receiving go on where they stopped, for a day. One process at a time may write.
 */
export function createFileStore(folder: string, { now = Date.now }: FileStoreOptions = {}): RegistryStore {
  const paths = createPaths(folder)
  const content = createContent(paths)
  const index = createLayoutIndex(paths)
  let cleaning: Promise<void> | undefined
  const removeLeftOversOnce = async (): Promise<void> => (cleaning ??= removeLeftOvers(paths, now() - leftOverMs))
  return {
    blobs: fileBlobs(paths, content),
    uploads: preparing(fileUploads(paths, content), async () => {
      await index.prepare()
      await removeLeftOversOnce()
    }),
    manifests: fileManifests(paths, content, index),
    tags: fileTags(paths, index),
  }
}

function preparing(uploads: UploadStore, prepare: () => Promise<void>): UploadStore {
  return {
    ...uploads,
    async start(repository) {
      await prepare()
      return uploads.start(repository)
    },
  }
}

/** A manifest's marker has its media type in one line and its subject, or nothing, in the next. */
function fileManifests(paths: Paths, content: Content, index: LayoutIndex): ManifestStore {
  const read = async (
    repository: string,
    digest: string,
  ): Promise<{ mediaType: string; subject: string } | undefined> => {
    const marker = await ifThere(readFile(paths.manifest(repository, digest), 'utf8'))
    if (marker === undefined) return undefined
    const [mediaType = '', subject = ''] = marker.split('\n')
    return { mediaType, subject }
  }
  return {
    async get(repository, digest) {
      const marker = await read(repository, digest)
      const bytes = marker === undefined ? undefined : await ifThere(readFile(paths.content(digest)))
      if (marker === undefined || bytes === undefined) return undefined
      const { mediaType, subject } = marker
      return { digest, mediaType, bytes, ...(subject === '' ? {} : { subject }) }
    },
    async put(repository, { digest, mediaType, bytes, subject }) {
      await index.prepare()
      if (subject !== undefined) {
        await writeAtomically(paths, join(paths.referrers(repository, subject), fileOfDigest(digest)), '')
      }
      const marker = { digest, path: paths.manifest(repository, digest) }
      await content.write(marker, bytes, `${mediaType}\n${subject ?? ''}\n`)
    },
    async remove(repository, digest) {
      const marker = await read(repository, digest)
      if (marker === undefined) return false
      await index.remove((name, tagged) => tagged === digest && repositoryOf(name) === repository)
      if (marker.subject !== '') {
        await rm(join(paths.referrers(repository, marker.subject), fileOfDigest(digest)), { force: true })
      }
      return content.drop({ digest, path: paths.manifest(repository, digest) })
    },
    async referrers(repository, subject) {
      const files = (await ifThere(readdir(paths.referrers(repository, subject)))) ?? []
      return files.map(digestOfFile).filter(isDigest).sort()
    },
  }
}

function fileTags(paths: Paths, index: LayoutIndex): TagStore {
  return {
    get: async (repository, tag) => index.get(`${repository}:${tag}`),
    async set(repository, tag, digest) {
      const mediaType = (await readFile(paths.manifest(repository, digest), 'utf8')).split('\n')[0] ?? ''
      const { size } = await stat(paths.content(digest))
      await index.set(`${repository}:${tag}`, { mediaType, digest, size })
    },
    remove: async (repository, tag) => index.remove((name) => name === `${repository}:${tag}`),
    async list(repository) {
      const names = (await index.names()).filter((name) => repositoryOf(name) === repository)
      if (names.length === 0 && !(await isRepository(paths, repository))) return undefined
      return names.map((name) => name.slice(repository.length + 1)).sort()
    },
    repositories: async () => [...(await listRepositories(paths))].sort(),
  }
}

/** The repository of an entry's name, which is `repository:tag`. */
function repositoryOf(name: string): string {
  return name.slice(0, name.lastIndexOf(':'))
}
