import { listContext, type ContextFile } from '../../../workspace/index.ts'
import { contextTree } from './context-tree.ts'
import type { FileContents } from './contents.ts'
import type { FileTree } from './file-tree.ts'
import type { BuildContext, Times } from './native-build.ts'
import type { DockerfileOnDisk } from './read-dockerfile.ts'

/** What a context is opened with. */
interface ContextRequest {
  readonly folder: string
  readonly ignore: DockerfileOnDisk['ignore']
  readonly contents: FileContents
  readonly times: Times
  readonly signal: AbortSignal
}

/** Build contexts; builds that run at the same time share one walk over the same files. */
export interface Contexts {
  /** Nothing is read before the first `load`. */
  open(request: ContextRequest): BuildContext
}

export function createContexts(): Contexts {
  const underWay = new Map<string, Promise<readonly ContextFile[]>>()
  const list = async (request: ContextRequest): Promise<readonly ContextFile[]> => {
    const key = `${request.folder}\0${request.ignore?.path ?? ''}`
    const found = underWay.get(key)
    if (found !== undefined) return found
    const listing = listContext(request.folder, {
      signal: request.signal,
      ...(request.ignore === undefined ? {} : { ignore: request.ignore.rules }),
    }).finally(() => underWay.delete(key))
    underWay.set(key, listing)
    return listing
  }
  return {
    open(request) {
      let tree: Promise<FileTree> | undefined
      return {
        folder: request.folder,
        ignoreFile: request.ignore?.path,
        load: () => (tree ??= list(request).then((files) => treeFor(files, request))),
      }
    },
  }
}

function treeFor(files: readonly ContextFile[], { folder, contents, times }: ContextRequest): FileTree {
  return contextTree(files, { folder, contents, mtimeSeconds: times.fixed })
}
