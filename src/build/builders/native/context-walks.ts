import { listContext, type ContextFile } from '../../../workspace/index.ts'
import { contextTree } from './context-tree.ts'
import type { Content, FileTree } from './file-tree.ts'
import type { DockerfileOnDisk } from './read-dockerfile.ts'

/** What a walk over a context has found: names, with no word about what is in the files. */
export interface WalkedContext {
  readonly files: readonly ContextFile[]
  readonly tree: FileTree
}

interface WalkRequest {
  readonly folder: string
  readonly ignore: DockerfileOnDisk['ignore']
  readonly signal: AbortSignal
}

/** Walks over contexts; those for several platforms at the same time are one. */
export interface ContextWalks {
  walk(request: WalkRequest): Promise<WalkedContext>
}

export function createContextWalks(): ContextWalks {
  const underWay = new Map<string, Promise<WalkedContext>>()
  return {
    walk(request) {
      const key = JSON.stringify([request.folder, request.ignore?.path])
      const found = underWay.get(key)
      if (found !== undefined) return found
      const walking = walk(request).finally(() => underWay.delete(key))
      underWay.set(key, walking)
      return walking
    },
  }
}

async function walk({ folder, ignore, signal }: WalkRequest): Promise<WalkedContext> {
  const files = await listContext(folder, { signal, ...(ignore === undefined ? {} : { ignore: ignore.rules }) })
  return { files, tree: contextTree(files, { folder, contents: () => nobodysContent, mtimeSeconds: 0 }) }
}

const nobodysContent: Content = {
  sizeBytes: 0,
  open() {
    throw new Error('only names are known')
  },
  facts: async () => Promise.reject(new Error('only names are known')),
}
