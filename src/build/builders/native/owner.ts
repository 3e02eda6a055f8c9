import { readAll } from './contents.ts'
import type { Owner } from './copy-files.ts'
import type { FileTree } from './file-tree.ts'
import { resolvePath } from './resolve-path.ts'

/** An owner, and the names that the image's own files do not know. */
export interface ResolvedOwner {
  readonly owner: Owner
  readonly unknown: readonly string[]
}

/** Whether an owner can be found without looking at `/etc/passwd` and `/etc/group`. */
export function isNumericOwner(text: string): boolean {
  return text.split(':').every((part) => part === 'root' || isId(part))
}

/** The greatest id that is one: what is above it is taken for a name, as with Docker. */
export const maxId = 0x7fff_ffff

function isId(text: string): boolean {
  return /^\d+$/.test(text) && Number(text) <= maxId
}

/**
 * `user[:group]` as numbers, names looked up in the image's own files. As with Docker, a name that is not known there
 * becomes 0; a lone number is the group as well, a lone name has its primary group.
 */
export async function resolveOwner(text: string, tree: FileTree, signal?: AbortSignal): Promise<ResolvedOwner> {
  const [user = '', group] = text.split(':')
  const unknown: string[] = []
  const found = await findUser(user, tree, signal)
  if (found === undefined) unknown.push(user)
  const { uid, gid } = found ?? { uid: 0, gid: 0 }
  if (group === undefined) return { owner: { uid, gid }, unknown }
  // Docker looks for a group whose name is empty, and finds none
  if (group === '') return { owner: { uid, gid: 0 }, unknown }
  const groupId = await findGroup(group, tree, signal)
  if (groupId === undefined) unknown.push(group)
  return { owner: { uid, gid: groupId ?? 0 }, unknown }
}

async function findUser(name: string, tree: FileTree, signal: AbortSignal | undefined): Promise<Owner | undefined> {
  if (name === 'root' || name === '') return { uid: 0, gid: 0 }
  if (isId(name)) return { uid: Number(name), gid: Number(name) }
  const fields = await findLine('etc/passwd', name, { tree, signal })
  return fields === undefined ? undefined : { uid: idOf(fields[2]), gid: idOf(fields[3]) }
}

async function findGroup(name: string, tree: FileTree, signal: AbortSignal | undefined): Promise<number | undefined> {
  if (name === 'root') return 0
  if (isId(name)) return Number(name)
  const fields = await findLine('etc/group', name, { tree, signal })
  return fields === undefined ? undefined : idOf(fields[2])
}

async function findLine(
  path: string,
  name: string,
  { tree, signal }: { readonly tree: FileTree; readonly signal: AbortSignal | undefined },
): Promise<readonly string[] | undefined> {
  const content = tree.get(resolvePath(tree, path))?.content
  if (content === undefined) return undefined
  const text = new TextDecoder().decode(await readAll(content, signal))
  return text
    .split('\n')
    .map((line) => line.trim().split(':'))
    .find((fields) => fields[0] === name)
}

function idOf(field: string | undefined): number {
  return /^\d+$/.test(field ?? '') ? Number(field) : 0
}
