import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readFile, stat } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { isToolError, ToolError } from '../../errors/index.ts'
import { decompress, readTar } from '../../layer/index.ts'

/** The files of an archive, on disk. */
export interface Unpacked {
  readonly folder: string
  /** The path on disk of a file of the archive, links followed; undefined when it has none. */
  find(name: string): Promise<string | undefined>
  /** A small file of the archive as text. */
  read(name: string): Promise<string | undefined>
}

/**
 * Unpacks the files of an archive of images, compressed or not, below a folder.
 * @throws FILE_UNREADABLE, LAYER_INVALID when it is no archive
 */
export async function unpackArchive(path: string, folder: string, signal?: AbortSignal): Promise<Unpacked> {
  await checkReadable(path)
  const links = new Map<string, string>()
  for await (const entry of readTar(decompress(createReadStream(path, { signal })))) {
    if (entry.kind === 'symlink' || entry.kind === 'hardlink') {
      const target = entry.linkTarget ?? ''
      const isNear = entry.kind === 'symlink' && !target.startsWith('/')
      links.set(entry.path, posix.normalize(isNear ? posix.join(posix.dirname(entry.path), target) : target))
    }
    if (entry.kind !== 'file') continue
    const target = join(folder, entry.path)
    await mkdir(dirname(target), { recursive: true })
    await pipeline(entry.body, createWriteStream(target))
  }
  const find = async (name: string): Promise<string | undefined> => {
    const target = links.get(name) ?? name
    // what is outside of the archive is none of its files
    if (target === '..' || target.startsWith('../') || target.startsWith('/')) return undefined
    return (await isFile(join(folder, target))) ? join(folder, target) : undefined
  }
  return {
    folder,
    find,
    async read(name) {
      const found = await find(name)
      return found === undefined ? undefined : readFile(found, 'utf8')
    },
  }
}

async function checkReadable(path: string): Promise<void> {
  try {
    if ((await stat(path)).isFile()) return
  } catch (error) {
    throw unreadable(path, error)
  }
  throw unreadable(path)
}

function unreadable(path: string, cause?: unknown): ToolError {
  return new ToolError('FILE_UNREADABLE', `there is no archive ${path}`, { hint: 'check the path', cause })
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch (error) {
    if (isToolError(error) || !(error instanceof Error) || !('code' in error)) throw error
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false
    throw error
  }
}
