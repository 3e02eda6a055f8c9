import { readdir, rm, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Paths } from './file-paths.ts'
import { exists, ifThere, moveInto, remove, writeAtomically, writing } from './files.ts'
import { createTurns } from './turns.ts'

/** A file in a repository that says that the repository has some content. */
export interface Marker {
  readonly digest: string
  readonly path: string
}

/**
 * The bytes of blobs and manifests, kept once for all repositories. What a repository has is said by its markers; the
 * bytes go with the last one.
 */
export interface Content {
  /** Takes over a file that has the digest of the marker; what it says is written into the marker. */
  adopt(marker: Marker, file: string): Promise<void>
  /** Writes bytes that have the digest of the marker. */
  write(marker: Marker, bytes: Uint8Array, text: string): Promise<void>
  /** Marks what is there already; false when there are no such bytes. */
  share(marker: Marker): Promise<boolean>
  /** Takes a marker away; false when there was none. */
  drop(marker: Marker): Promise<boolean>
}

export function createContent(paths: Paths): Content {
  // so that bytes are not removed while another repository starts to use them
  const turns = createTurns()
  return {
    adopt: async ({ digest, path }, file) =>
      turns.run(digest, async () => {
        const content = paths.content(digest)
        await writing(content, async () => ((await exists(content)) ? unlink(file) : moveInto(file, content)))
        await writeAtomically(paths, path, '')
      }),
    write: async ({ digest, path }, bytes, text) =>
      turns.run(digest, async () => {
        const content = paths.content(digest)
        if (!(await exists(content))) await writeAtomically(paths, content, bytes)
        await writeAtomically(paths, path, text)
      }),
    share: async ({ digest, path }) =>
      turns.run(digest, async () => {
        if (!(await exists(paths.content(digest)))) return false
        if (!(await exists(path))) await writeAtomically(paths, path, '')
        return true
      }),
    drop: async ({ digest, path }) =>
      turns.run(digest, async () => {
        if (!(await remove(path))) return false
        if (!(await isUsed(paths, digest))) await rm(paths.content(digest), { force: true })
        return true
      }),
  }
}

async function isUsed(paths: Paths, digest: string): Promise<boolean> {
  for (const name of await listRepositories(paths)) {
    if ((await exists(paths.blob(name, digest))) || (await exists(paths.manifest(name, digest)))) return true
  }
  return false
}

/** Whether the repository ever had a blob or manifest. */
export async function isRepository(paths: Paths, name: string): Promise<boolean> {
  return ((await ifThere(readdir(paths.repository(name)))) ?? []).some(isOwnFolder)
}

/** The names of all repositories, in no order. */
export async function listRepositories(paths: Paths): Promise<readonly string[]> {
  const folders = await listFolders(paths.repositories, '')
  return folders.filter(({ own }) => own.some(isOwnFolder)).map(({ name }) => name)
}

/** Removes what processes that were killed left behind: files being written and uploads, last changed before then. */
export async function removeLeftOvers(paths: Paths, beforeMs: number): Promise<void> {
  const uploads = (await listFolders(paths.repositories, '')).map(({ name }) => paths.upload(name, ''))
  for (const folder of [paths.temporary, ...uploads]) {
    for (const file of (await ifThere(readdir(folder))) ?? []) {
      const found = await ifThere(stat(join(folder, file)))
      if (found !== undefined && found.mtimeMs < beforeMs) await rm(join(folder, file), { force: true })
    }
  }
}

interface Folder {
  /** Of the repository that it is, or may become. */
  readonly name: string
  /** Names of what it has beside other repositories. */
  readonly own: readonly string[]
}

/** Components of repository names never start with an underscore; what belongs to the repository itself does. */
async function listFolders(folder: string, name: string): Promise<readonly Folder[]> {
  const entries = (await ifThere(readdir(folder))) ?? []
  const below = await Promise.all(
    entries
      .filter((entry) => !entry.startsWith('_'))
      .map(async (entry) => listFolders(join(folder, entry), name === '' ? entry : `${name}/${entry}`)),
  )
  return [...(name === '' ? [] : [{ name, own: entries.filter((entry) => entry.startsWith('_')) }]), ...below.flat()]
}

function isOwnFolder(name: string): boolean {
  return name === '_blobs' || name === '_manifests'
}
