import { hash } from 'node:crypto'
import { within, type ContextListing, type FolderDigests } from '../../workspace/index.ts'

/** What an artifact depends on, as far as it is in its context. */
export interface InputTree {
  readonly listing: ContextListing
  /** Files and folders below the context, with all that is in them; `''` is the context. */
  readonly roots: readonly string[]
  /** Further files, by absolute paths. */
  readonly others: readonly string[]
  /** Equal stamps mean equal files, all of them. */
  readonly stamp: string | undefined
}

/** What is known of single files. */
export interface TreeFacts {
  readonly inFolder: Pick<FolderDigests, 'noted' | 'note'>
  /** What counts of a file, by its absolute path. */
  lineOf(absolutePath: string): string
  /** Whether nobody can have written to it since without leaving a trace. */
  isTrusted(absolutePath: string): boolean
}

/** To be raised when folders count in another way. */
const version = 1

/** What has to be looked at before {@link digestTree}: nothing in a folder that is what it was when its digest was noted. */
export function unknownOf(tree: InputTree, inFolder: TreeFacts['inFolder']): readonly string[] {
  const { listing, roots, others } = tree
  const unknown = new Set(others)
  const add = (folder: string): void => {
    if (notedOf(folder, listing, inFolder) !== undefined) return
    for (const path of pathsIn(folder, listing)) {
      if (isFolder(path, listing)) add(path)
      else unknown.add(within(listing.folder, path))
    }
  }
  for (const root of roots) {
    unknown.add(within(listing.folder, root))
    if (isFolder(root, listing)) add(root)
  }
  return [...unknown]
}

/** A digest over all of it. Notes those of folders whose files can be trusted. */
export function digestTree({ listing, roots, others }: InputTree, facts: TreeFacts): string {
  const known = new Map<string, FolderDigest>()
  const lines = [
    ...others.map((path) => facts.lineOf(path)),
    ...[...roots].sort().map((root) => {
      const below = isFolder(root, listing) ? folderDigest(root, { listing, facts, known }).digest : ''
      return `${facts.lineOf(within(listing.folder, root))} ${below}`
    }),
  ]
  return hash('sha256', lines.join('\n'), 'hex')
}

interface FolderDigest {
  readonly digest: string
  readonly isTrusted: boolean
}

interface Digesting {
  readonly listing: ContextListing
  readonly facts: TreeFacts
  readonly known: Map<string, FolderDigest>
}

function folderDigest(folder: string, digesting: Digesting): FolderDigest {
  const { listing, facts, known } = digesting
  const noted = notedOf(folder, listing, facts.inFolder)
  const found = known.get(folder) ?? (noted === undefined ? undefined : { digest: noted, isTrusted: true })
  const digest = found ?? makeDigest(folder, digesting)
  known.set(folder, digest)
  return digest
}

/** What a link leads to is elsewhere and counts, too: of a folder with a link in it nothing is noted. */
function makeDigest(folder: string, digesting: Digesting): FolderDigest {
  const { listing, facts } = digesting
  const lines: string[] = []
  let isTrusted = true
  for (const path of pathsIn(folder, listing)) {
    if (isFolder(path, listing)) {
      const below = folderDigest(path, digesting)
      lines.push(`${path}\0${listing.files.get(path)?.mode ?? 0} ${below.digest}`)
      isTrusted &&= below.isTrusted
    } else {
      const absolutePath = within(listing.folder, path)
      lines.push(facts.lineOf(absolutePath))
      isTrusted &&= facts.isTrusted(absolutePath) && listing.files.get(path)?.kind === 'file'
    }
  }
  const digest = hash('sha256', lines.join('\n'), 'hex')
  const key = keyOf(folder, listing)
  if (isTrusted && key !== undefined) facts.inFolder.note(key, digest)
  return { digest, isTrusted }
}

function pathsIn(folder: string, { names }: ContextListing): readonly string[] {
  return (names.get(folder) ?? []).map((name) => (folder === '' ? name : `${folder}/${name}`))
}

function isFolder(path: string, { names }: ContextListing): boolean {
  return names.get(path) !== undefined
}

function notedOf(folder: string, listing: ContextListing, inFolder: TreeFacts['inFolder']): string | undefined {
  const key = keyOf(folder, listing)
  return key === undefined ? undefined : inFolder.noted(key)
}

function keyOf(folder: string, listing: ContextListing): string | undefined {
  const stamp = listing.stampBelow(folder)
  return stamp === undefined ? undefined : `folder ${version} ${stamp} ${folder}`
}
