import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Container, Pod, SecurityContext } from '../kinds.ts'
import { resolveInRoot } from './root-path.ts'

export interface User {
  readonly uid: number
  readonly gid: number
}

interface UserSpec {
  readonly container: Container
  readonly pod: Pod
  /** `User` of the image's configuration. */
  readonly imageUser: string
  readonly root: string
}

/** The user of a container: its security context, then the pod's, then the image's; names are looked up in the image. */
export function userOf(spec: UserSpec): User | { readonly problem: string } {
  const context = { ...spec.pod.spec.securityContext, ...spec.container.securityContext }
  const user = combine(context, spec)
  if ('problem' in user || context.runAsNonRoot !== true) return user
  const problem = nonRootProblem(context, user, spec)
  return problem === undefined
    ? user
    : { problem: `${problem} (pod: "${podId(spec.pod)}", container: ${spec.container.name})` }
}

function combine(context: SecurityContext, { imageUser, root }: UserSpec): User | { readonly problem: string } {
  const [name = '', group = ''] = imageUser.split(':')
  const found = name === '' ? { uid: 0, gid: 0 } : lookUp(name, root)
  const uid = context.runAsUser ?? found?.uid
  if (uid === undefined) return { problem: `unable to find user ${name}: no matching entries in passwd file` }
  const imageGid = group === '' ? found?.gid : groupId(group, root)
  return { uid, gid: context.runAsGroup ?? imageGid ?? 0 }
}

function nonRootProblem(context: SecurityContext, { uid }: User, { imageUser }: UserSpec): string | undefined {
  const [name = ''] = imageUser.split(':')
  if (context.runAsUser !== undefined) return uid === 0 ? "container's runAsUser breaks non-root policy" : undefined
  if (name !== '' && !isNumber(name)) {
    return `container has runAsNonRoot and image has non-numeric user (${name}), cannot verify user is non-root`
  }
  return uid === 0 ? 'container has runAsNonRoot and image will run as root' : undefined
}

/** As kubelets write a pod in messages. */
export function podId({ metadata }: Pod): string {
  return `${metadata.name}_${metadata.namespace ?? 'default'}(${metadata.uid})`
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text)
}

function lookUp(name: string, root: string): User | undefined {
  const entry = entries(root, '/etc/passwd').find(([entryName, , uid]) => entryName === name || uid === name)
  if (entry !== undefined) return { uid: Number(entry[2]), gid: Number(entry[3]) }
  return isNumber(name) ? { uid: Number(name), gid: 0 } : undefined
}

function groupId(group: string, root: string): number | undefined {
  if (isNumber(group)) return Number(group)
  const entry = entries(root, '/etc/group').find(([name]) => name === group)
  return entry === undefined ? undefined : Number(entry[2])
}

function entries(root: string, path: string): readonly (readonly string[])[] {
  const resolved = resolveInRoot(root, path)
  if (resolved === undefined) return []
  try {
    return readFileSync(join(root, resolved), 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
