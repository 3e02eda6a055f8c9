import { join } from 'node:path'
import { parseDigest } from '../image/index.ts'

/** Where everything is, below one folder. */
export interface Paths {
  /** The marker of an OCI image layout. */
  readonly layout: string
  /** The layout's list of tagged manifests. */
  readonly index: string
  readonly repositories: string
  /** For files that are being written. */
  readonly temporary: string
  /** Content of all repositories, blobs and manifests. */
  content(digest: string): string
  repository(name: string): string
  /** A file that says that the repository has the blob. */
  blob(repository: string, digest: string): string
  upload(repository: string, id: string): string
  /** A file that says that the repository has the manifest, and what it is. */
  manifest(repository: string, digest: string): string
  /** A folder with one file for each manifest that refers to the subject. */
  referrers(repository: string, subject: string): string
}

/**
 * Lays out a store's folder. Components of repository names never start with an underscore.
 * @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export function createPaths(folder: string): Paths {
  const repositories = join(folder, 'repositories')
  const inside = (name: string, ...parts: readonly string[]): string => join(repositories, ...name.split('/'), ...parts)
  return {
    layout: join(folder, 'oci-layout'),
    index: join(folder, 'index.json'),
    repositories,
    temporary: join(folder, 'temporary'),
    content(digest) {
      const { algorithm, encoded } = parseDigest(digest)
      return join(folder, 'blobs', algorithm, encoded)
    },
    repository: (name) => inside(name),
    blob: (name, digest) => inside(name, '_blobs', fileOfDigest(digest)),
    upload: (name, id) => inside(name, '_uploads', id),
    manifest: (name, digest) => inside(name, '_manifests', fileOfDigest(digest)),
    referrers: (name, subject) => inside(name, '_referrers', fileOfDigest(subject)),
  }
}

/** A digest as one file name. */
export function fileOfDigest(digest: string): string {
  return digest.replace(':', '-')
}

/** The digest of a file that {@link fileOfDigest} named. */
export function digestOfFile(file: string): string {
  return file.replace('-', ':')
}
