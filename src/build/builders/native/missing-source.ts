import { lstatSync } from 'node:fs'
import { join, relative } from 'node:path'
import { formatLocation, type Location } from '../../../dockerfile/index.ts'
import { ToolError } from '../../../errors/index.ts'
import { toFilePath } from '../../../layer/index.ts'
import { cleanPath, type FileTree } from './file-tree.ts'
import type { NativeBuild } from './native-build.ts'
import { resolvePath } from './resolve-path.ts'

/** A source, and where its pattern or itself leads to. */
export interface MissingSource {
  readonly source: string
  readonly tree: FileTree
  /** What is looked at, links not followed. */
  readonly path: string
}

/** The error for a source of COPY or ADD that is not there, with what is most likely wrong. */
export function missingSource(
  { context }: Pick<NativeBuild, 'context'>,
  task: { readonly kind: string; readonly from?: string; readonly at: Location },
  { source, tree, path: written }: MissingSource,
): ToolError {
  const where = formatLocation(task.at)
  const path = resolvePath(tree, written)
  const link = path === cleanPath(written) ? '' : `: /${written} is a link to /${path}, which`
  const name = `${task.kind.toUpperCase()}: ${source}${link}`
  if (task.from !== undefined) {
    return new ToolError('BUILD_SOURCE_MISSING', `${where}: ${name} is not in "${task.from}"`, {
      where,
      hint: `check the path, and what ${task.from} puts there`,
    })
  }
  if (isOnDisk(join(context.folder, path)) && context.ignoreFile !== undefined) {
    const rules = relative(context.folder, context.ignoreFile)
    return new ToolError('BUILD_SOURCE_MISSING', `${where}: ${name} is left out of the build context by ${rules}`, {
      where,
      hint: `add the line !${path} at the end of ${rules}`,
    })
  }
  return new ToolError('BUILD_SOURCE_MISSING', `${where}: ${name} is not in the build context ${context.folder}`, {
    where,
    hint: 'check the path; it is relative to the build context, which "context" of the artifact sets',
  })
}

/** A path below a file is no error here: there is nothing, either. */
function isOnDisk(path: string): boolean {
  try {
    return lstatSync(toFilePath(path), { throwIfNoEntry: false }) !== undefined
  } catch {
    return false
  }
}
