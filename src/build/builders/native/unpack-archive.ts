import { join } from 'node:path'
import { isToolError, ToolError } from '../../../errors/index.ts'
import { decompress, fileContent, readTar, type TarEntry } from '../../../layer/index.ts'
import { partContent } from './contents.ts'
import { makeDirectories, type Owner } from './copy-files.ts'
import { baseOf, joinPath, parentOf, type Content, type FileNode, type FileTree } from './file-tree.ts'
import type { Overlay } from './overlay.ts'
import { clampTime } from './latest-times.ts'
import { resolvePath } from './resolve-path.ts'
import { spoolFile } from './spool-file.ts'

/** How an archive is unpacked. */
export interface UnpackTask {
  /** Of the archive, as the instruction or its pattern leads to it. */
  readonly name: string
  /** Absolute, links not followed yet. */
  readonly destination: string
  /** Of directories that are made on the way; entries keep their own. */
  readonly owner?: Owner
  readonly mtimeSeconds: number
  /** No entry gets a later time. */
  readonly latest: number | undefined
  readonly workFolder: string
  readonly signal: AbortSignal
}

/**
 * Unpacks a tar archive, compressed or not, as `ADD` does: entries keep owner, mode and time. False,
 * and nothing done, when the content is no archive.
 * @throws BUILD_ARCHIVE_UNSUPPORTED for what is rare in xz and zstd; LAYER_INVALID for damaged archives
 */
export async function unpackArchive(tree: Overlay, content: Content, task: UnpackTask): Promise<boolean> {
  const { id } = await content.facts(task.signal)
  if (!(await isArchive(content, task.signal))) return false
  const file = join(task.workFolder, `archive-${id.replace(/\W/g, '-')}.tar`)
  await spoolFile(file, unpacked(content, task), task.signal)
  const root = resolvePath(tree, task.destination)
  makeDirectories(tree, root, task)
  const archive: Archive = { tree, root, file, id, task, copy: {} }
  for await (const entry of readTar(fileContent(file))) putEntry(archive, entry)
  return true
}

// Which of several archives is damaged is not seen from its instruction.
async function* unpacked(content: Content, { name, signal }: UnpackTask): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* decompress(content.open(signal))
  } catch (error) {
    if (!isToolError(error, 'LAYER_INVALID')) throw error
    throw new ToolError('LAYER_INVALID', `${name} cannot be unpacked: ${error.message}`, { cause: error })
  }
}

function unsupported(problem: string, cause?: unknown): ToolError {
  const hint = 'pack it with gzip, or copy it as it is with COPY'
  return new ToolError('BUILD_ARCHIVE_UNSUPPORTED', problem, { hint, cause })
}

async function isArchive(content: Content, signal: AbortSignal): Promise<boolean> {
  try {
    for await (const _ of readTar(decompress(content.open(signal)))) return true
    return false
  } catch (error) {
    if (isToolError(error, 'LAYER_INVALID')) return false
    if (isToolError(error, 'LAYER_UNSUPPORTED')) throw unsupported(error.message, error)
    throw error
  }
}

interface Archive {
  readonly tree: Overlay
  readonly root: string
  readonly file: string
  readonly id: string
  readonly task: UnpackTask
  readonly copy: object
}

/** Puts one entry below the root, which links cannot leave. */
function putEntry(archive: Archive, entry: TarEntry): void {
  if (entry.path === '') return
  const { tree, root } = archive
  const inside = below(tree, root)
  const folder = joinPaths(root, resolvePath(inside, parentOf(entry.path)))
  makeDirectories(tree, folder, { mtimeSeconds: archive.task.mtimeSeconds })
  const path = joinPath(folder, baseOf(entry.path))
  const node = nodeOf(archive, entry, inside)
  if (node !== undefined) tree.set(path, clampTime(node, archive.task.latest))
}

function nodeOf(archive: Archive, entry: TarEntry, inside: FileTree): FileNode | undefined {
  const { kind, mode, uid, gid, mtimeSeconds, linkTarget, device, xattrs } = entry
  if (kind === 'hardlink') return linkedNode(inside, linkTarget ?? '')
  return {
    kind,
    mode,
    uid,
    gid,
    mtimeSeconds,
    copy: archive.copy,
    ...(linkTarget === undefined ? {} : { linkTarget }),
    ...(device === undefined ? {} : { device }),
    ...(xattrs === undefined ? {} : { xattrs }),
    ...(kind === 'file' ? { content: memberContent(archive, entry) } : {}),
  }
}

/** The file that a hard link names: the links of the directories above it are followed, its own is not. */
function linkedNode(inside: FileTree, target: string): FileNode | undefined {
  return inside.get(joinPath(resolvePath(inside, parentOf(target)), baseOf(target)))
}

function memberContent({ file, id }: Archive, entry: TarEntry): Content {
  const member = `${id}+${entry.bodyOffset}+${entry.size}`
  return partContent(file, { id: member, inode: member, start: entry.bodyOffset, sizeBytes: entry.size })
}

function below(tree: FileTree, root: string): FileTree {
  return { get: (path) => tree.get(joinPaths(root, path)), list: (path) => tree.list(joinPaths(root, path)) }
}

function joinPaths(folder: string, path: string): string {
  return path === '' ? folder : joinPath(folder, path)
}
