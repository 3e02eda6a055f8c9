import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isDigest } from '../image/index.ts'
import type { ManifestStore, RegistryStore, StoredManifest, TagStore } from './contract.ts'
import { fileBlobs } from './file-blobs.ts'
import { digestOfPath, createPaths, tagOfFile, type Paths } from './file-paths.ts'
import { fileUploads } from './file-uploads.ts'
import { exists, ifThere, writeAtomically } from './files.ts'

/**
 * A store in a folder, which is made when it is not there. Everything is written beside its place and renamed into it,
 * so a process that is killed leaves nothing half written; uploads that it was receiving go on where they stopped.
 * Content is kept once, in `blobs/`, and the repositories have hard links to it. One process at a time.
 */
export function createFileStore(folder: string): RegistryStore {
  const paths = createPaths(folder)
  return {
    blobs: fileBlobs(paths),
    uploads: fileUploads(paths),
    manifests: fileManifests(paths),
    tags: fileTags(paths),
  }
}

/** A manifest's file is its media type in one line, its subject or an empty line, then its bytes as they were pushed. */
function fileManifests(paths: Paths): ManifestStore {
  return {
    async get(repository, digest) {
      const stored = await ifThere(readFile(paths.manifest(repository, digest)))
      return stored === undefined ? undefined : decode(digest, stored)
    },
    async put(repository, manifest) {
      const { subject } = manifest
      if (subject !== undefined) {
        await writeAtomically(paths, join(paths.referrers(repository, subject), paths.fileOf(manifest.digest)), '')
      }
      await writeAtomically(paths, paths.manifest(repository, manifest.digest), encode(manifest))
    },
    async remove(repository, digest) {
      const manifest = await this.get(repository, digest)
      if (manifest === undefined) return false
      const tags = fileTags(paths)
      for (const tag of (await tags.list(repository)) ?? []) {
        if ((await tags.get(repository, tag)) === digest) await tags.remove(repository, tag)
      }
      await rm(paths.manifest(repository, digest), { force: true })
      if (manifest.subject !== undefined) {
        await rm(join(paths.referrers(repository, manifest.subject), paths.fileOf(digest)), { force: true })
      }
      return true
    },
    async referrers(repository, subject) {
      const files = (await ifThere(readdir(paths.referrers(repository, subject)))) ?? []
      return files.map(digestOfPath).filter(isDigest).sort()
    },
  }
}

function fileTags(paths: Paths): TagStore {
  return {
    async get(repository, tag) {
      return ifThere(readFile(paths.tag(repository, tag), 'utf8'))
    },
    set: async (repository, tag, digest) => writeAtomically(paths, paths.tag(repository, tag), digest),
    async remove(repository, tag) {
      const removed = await ifThere(rm(paths.tag(repository, tag)).then(() => true))
      return removed ?? false
    },
    async list(repository) {
      const files = await ifThere(readdir(paths.tags(repository)))
      if (files !== undefined) return files.map(tagOfFile).sort()
      return (await exists(paths.repository(repository))) ? [] : undefined
    },
    async repositories() {
      await mkdir(paths.repositories, { recursive: true })
      return (await repositoriesBelow(paths.repositories, '')).sort()
    },
  }
}

/** A folder is a repository when it has one of the folders with an underscore; names have none at their start. */
async function repositoriesBelow(folder: string, name: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const below = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('_'))
      .map((entry) => repositoriesBelow(join(folder, entry.name), name === '' ? entry.name : `${name}/${entry.name}`)),
  )
  const isRepository = entries.some((entry) => entry.name.startsWith('_'))
  return [...(isRepository ? [name] : []), ...below.flat()]
}

function encode(manifest: StoredManifest): Uint8Array {
  return Buffer.concat([Buffer.from(`${manifest.mediaType}\n${manifest.subject ?? ''}\n`), manifest.bytes])
}

function decode(digest: string, stored: Buffer): StoredManifest {
  const first = stored.indexOf('\n')
  const second = stored.indexOf('\n', first + 1)
  const subject = stored.toString('utf8', first + 1, second)
  return {
    digest,
    mediaType: stored.toString('utf8', 0, first),
    bytes: stored.subarray(second + 1),
    ...(subject === '' ? {} : { subject }),
  }
}
