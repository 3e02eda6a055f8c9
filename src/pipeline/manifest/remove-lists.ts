import { ToolError } from '../../errors/index.ts'
import type { ImageContext } from '../image/context.ts'
import { listName } from './names.ts'
import { removeList } from './working-list.ts'

/**
 * Forgets lists on this machine: those that are there also when others are not.
 * @throws MANIFEST_LIST_UNKNOWN with a line for each that is not
 */
export async function removeLists(context: ImageContext, lists: readonly string[]): Promise<void> {
  const unknown: string[] = []
  for (const name of lists.map(listName)) if (!(await removeList(context, name))) unknown.push(name)
  if (unknown.length === 0) return
  throw new ToolError('MANIFEST_LIST_UNKNOWN', unknown.map((name) => `No such manifest: ${name}`).join('\n'))
}
