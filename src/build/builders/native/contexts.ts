import { listContext } from '../../../workspace/index.ts'
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
  const underWay = new Map<string, Promise<FileTree>>()
  const load = (request: ContextRequest): Promise<FileTree> => {
    const key = JSON.stringify([request.folder, request.ignore?.path, request.times.fixed])
    const found = underWay.get(key)
    if (found !== undefined) return found
    const tree = readTree(request).finally(() => underWay.delete(key))
    underWay.set(key, tree)
    return tree
  }
  return {
    open(request) {
      let tree: Promise<FileTree> | undefined
      return { folder: request.folder, ignoreFile: request.ignore?.path, load: () => (tree ??= load(request)) }
    },
  }
}

async function readTree({ folder, ignore, contents, times, signal }: ContextRequest): Promise<FileTree> {
  const files = await listContext(folder, { signal, ...(ignore === undefined ? {} : { ignore: ignore.rules }) })
  return contextTree(files, { folder, contents, mtimeSeconds: times.fixed })
}
