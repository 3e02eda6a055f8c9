import type { EntryMetadata } from '../../../layer/index.ts'

/** The bytes of a file. */
export interface Content {
  readonly sizeBytes: number
  open(signal?: AbortSignal): AsyncIterable<Uint8Array>
  /** Reads the file once, if what it says is not known yet. */
  facts(signal?: AbortSignal): Promise<ContentFacts>
  /** What `facts` has said or would say without reading; also after all bytes were read. */
  known(): ContentFacts | undefined
  /** All the bytes at once and without the event loop, for small files; good until the next call. */
  read?(): Uint8Array
  /** The same for all names of one file with several names. */
  readonly inode?: string | undefined
  /** Tells, without reading, that bytes are the same in another process. Absent: only `facts` do. */
  readonly stamp?: string
  /** Whether equal stamps mean equal bytes: not of a file that was written to a moment before it was read. Absent: they do. */
  isTrusted?(): boolean
}

export interface ContentFacts {
  /** Equal ids mean equal bytes. */
  readonly id: string
  /** The first 4096 bytes of a program, at least the first 16 of other files. */
  readonly head: Uint8Array
}

/** What stands at a path. */
export interface FileNode extends Omit<EntryMetadata, 'path' | 'kind'> {
  readonly kind: Exclude<EntryMetadata['kind'], 'hardlink'>
  /** Of files. */
  readonly content?: Content
  /** Which copy put it there: files of one copy that share an inode stay hard links. */
  readonly copy?: object
}

/** Files by path (`a/b`, without leading slash; `''` is the root), links not followed. */
export interface FileTree {
  get(path: string): FileNode | undefined
  /** Names in a directory, in code unit order. */
  list(path: string): readonly string[]
  /** Equal stamps mean that the same files are in a folder, in another process too. Absent, or undefined: not known. */
  stampBelow?(path: string): string | undefined
}

const rootNode: FileNode = { kind: 'directory', mode: 0o755, uid: 0, gid: 0, mtimeSeconds: 0 }

/** Nothing but the root. */
export const emptyTree: FileTree = { get: (path) => (path === '' ? rootNode : undefined), list: () => [] }

/** A tree over those nodes; directories that only their children imply are there with mode 0755. */
export function treeOf(entries: Iterable<readonly [string, FileNode]>): FileTree {
  const nodes = new Map<string, FileNode>([['', rootNode], ...entries])
  const names = new Map<string, string[]>()
  const link = (path: string): void => {
    const parent = parentOf(path)
    const siblings = names.get(parent)
    if (siblings === undefined) names.set(parent, [baseOf(path)])
    else siblings.push(baseOf(path))
    if (nodes.has(parent)) return
    nodes.set(parent, rootNode)
    link(parent)
  }
  const paths = [...nodes.keys()]
  for (const path of paths) if (path !== '') link(path)
  for (const siblings of names.values()) siblings.sort()
  return { get: (path) => nodes.get(path), list: (path) => names.get(path) ?? [] }
}

/** The directory that holds the path; the root's is the root. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash === -1 ? '' : path.slice(0, slash)
}

/** The directories above a path, the root left out, the highest first. */
export function parentsOf(path: string): readonly string[] {
  const parents: string[] = []
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) parents.push(path.slice(0, at))
  return parents
}

export function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

export function joinPath(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}

/** `a/./b//../c` → `a/c`; never above the root, no slash at either end. */
export function cleanPath(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.join('/')
}
