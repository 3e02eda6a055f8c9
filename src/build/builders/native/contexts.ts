import type { FileContents } from './contents.ts'
import type { ContextListing } from '../../../workspace/index.ts'
import { contextTree } from './context-tree.ts'
import type { ContextWalks, WalkRequest } from './context-walks.ts'
import type { FileTree } from './file-tree.ts'
import type { BuildContext, Times } from './native-build.ts'

/** What a context is opened with. */
interface ContextRequest extends WalkRequest {
  readonly contents: FileContents
  readonly times: Times
}

/** Build contexts; builds that look at the same walk share the files, so that they are read once. */
export interface Contexts {
  /** Nothing is read before the first `load`. */
  open(request: ContextRequest): BuildContext
}

export function createContexts(walks: ContextWalks): Contexts {
  const trees = new WeakMap<ContextListing, Map<number, FileTree>>()
  const load = async (request: ContextRequest): Promise<FileTree> => {
    const listing = await walks.walk(request)
    const own = trees.get(listing) ?? new Map<number, FileTree>()
    trees.set(listing, own)
    const mtimeSeconds = request.times.fixed
    const tree = own.get(mtimeSeconds) ?? contextTree(listing, { contents: request.contents, mtimeSeconds })
    own.set(mtimeSeconds, tree)
    return tree
  }
  return {
    open(request) {
      let tree: Promise<FileTree> | undefined
      return { folder: request.folder, ignoreFile: request.ignore?.path, load: () => (tree ??= load(request)) }
    },
  }
}
