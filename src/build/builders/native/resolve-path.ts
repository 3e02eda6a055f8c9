import { ToolError } from '../../../errors/index.ts'
import { joinPath, parentOf, type FileTree } from './file-tree.ts'

const maxLinks = 255

/**
 * Follows the symbolic links of every component, the last one included, as a process inside the tree would: absolute
 * targets start at the root, and nothing leads above it. Components that are not there stay as they are.
 * @throws BUILD_COPY_CONFLICT for links that go in circles
 */
export function resolvePath(tree: FileTree, path: string): string {
  const rest = path.split('/').reverse()
  let found = ''
  let links = 0
  for (let part = rest.pop(); part !== undefined; part = rest.pop()) {
    if (part === '' || part === '.') continue
    if (part === '..') {
      found = parentOf(found)
      continue
    }
    const next = joinPath(found, part)
    const node = tree.get(next)
    if (node?.kind !== 'symlink') {
      found = next
      continue
    }
    links += 1
    if (links > maxLinks) throw new ToolError('BUILD_COPY_CONFLICT', `the symbolic links at /${next} go in circles`)
    const target = node.linkTarget ?? ''
    if (target.startsWith('/')) found = ''
    rest.push(...target.split('/').reverse())
  }
  return found
}
