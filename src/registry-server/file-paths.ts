import { join } from 'node:path'
import { parseDigest } from '../image/index.ts'

/** Where everything is, below one folder. */
export interface Paths {
  readonly repositories: string
  /** For files that are being written. */
  readonly temporary: string
  /** Content of all repositories. */
  content(digest: string): string
  repository(name: string): string
  blob(repository: string, digest: string): string
  upload(repository: string, id: string): string
  manifest(repository: string, digest: string): string
  referrers(repository: string, subject: string): string
  tags(repository: string): string
  tag(repository: string, tag: string): string
  /** A digest as one file name. */
  fileOf(digest: string): string
}

/** Lays out a store's folder. Components of repository names never start with an underscore. */
export function createPaths(folder: string): Paths {
  const repositories = join(folder, 'repositories')
  const inside = (name: string, ...parts: readonly string[]): string => join(repositories, ...name.split('/'), ...parts)
  return {
    repositories,
    temporary: join(folder, 'temporary'),
    content(digest) {
      const { algorithm, encoded } = parseDigest(digest)
      return join(folder, 'blobs', algorithm, encoded)
    },
    repository: (name) => inside(name),
    blob: (name, digest) => inside(name, '_blobs', fileOf(digest)),
    upload: (name, id) => inside(name, '_uploads', id),
    manifest: (name, digest) => inside(name, '_manifests', fileOf(digest)),
    referrers: (name, subject) => inside(name, '_referrers', fileOf(subject)),
    tags: (name) => inside(name, '_tags'),
    tag: (name, tag) => inside(name, '_tags', fileOfTag(tag)),
    fileOf,
  }
}

/** The digest of a file that {@link Paths.fileOf} named. */
export function digestOfPath(file: string): string {
  return file.replace('-', ':')
}

/** The tag of a file in the tags folder. */
export function tagOfFile(file: string): string {
  return file.replace(/%(..)/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

function fileOf(digest: string): string {
  const { algorithm, encoded } = parseDigest(digest)
  return `${algorithm}-${encoded}`
}

/** Some file systems do not tell `A` from `a`, and some cannot hold a name that ends with a dot. */
function fileOfTag(tag: string): string {
  return tag.replace(/[A-Z]|\.$/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`)
}
