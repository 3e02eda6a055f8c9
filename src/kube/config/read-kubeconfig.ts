import { readFile } from 'node:fs/promises'
import { dirname, isAbsolute, resolve } from 'node:path'
import { CORE_SCHEMA, load, mergeTag, YAMLException } from 'js-yaml'
import * as v from 'valibot'
import { ToolError } from '../../errors/index.ts'
import { locate } from './locate.ts'
import { kubeconfigSchema, type Kubeconfig, type WireCluster, type WireExec, type WireUser } from './wire.ts'

/**
 * Reads one kubeconfig file; file names in it become absolute. Undefined when there is no such file.
 * @throws KUBE_CONFIG_INVALID, FILE_UNREADABLE
 */
export async function readKubeconfig(file: string): Promise<Kubeconfig | undefined> {
  const text = await readIfThere(file)
  if (text === undefined) return undefined
  const place = (...path: readonly (string | number)[]): string => locate(text, file, path)
  return withAbsolutePaths(parseKubeconfig(text, file), { folder: dirname(resolve(file)), place })
}

/** @throws KUBE_CONFIG_INVALID */
function parseKubeconfig(text: string, file: string): Kubeconfig {
  if (text.trim() === '') return {}
  const outcome = v.safeParse(kubeconfigSchema, withoutNulls(loadYaml(text, file)) ?? {})
  if (outcome.success) return outcome.output
  const [issue] = outcome.issues
  const keys = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)))
  const where = locate(text, file, keys)
  const path = v.getDotPath(issue) ?? 'the file'
  throw new ToolError('KUBE_CONFIG_INVALID', `${where}: ${path}: ${issue.message}`, { where, hint: hintFor(file) })
}

/** What several files say together. */
export interface MergedKubeconfig extends Required<Omit<Kubeconfig, 'current-context'>> {
  /** Empty when none is chosen. */
  readonly current: string
}

/** Several files as kubectl reads them: the first one that says something about a name wins. */
export function mergeKubeconfigs(configs: readonly Kubeconfig[]): MergedKubeconfig {
  return {
    current: configs.map((config) => config['current-context'] ?? '').find((name) => name !== '') ?? '',
    clusters: firstByName(configs.flatMap(({ clusters }) => clusters ?? [])),
    users: firstByName(configs.flatMap(({ users }) => users ?? [])),
    contexts: firstByName(configs.flatMap(({ contexts }) => contexts ?? [])),
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new ToolError('FILE_UNREADABLE', `cannot read the kubeconfig ${file}: ${code ?? String(error)}`, {
      where: file,
      hint: `make ${file} readable, or name another file with --kubeconfig`,
      cause: error,
    })
  }
}

function loadYaml(text: string, file: string): unknown {
  try {
    return load(text, { schema: CORE_SCHEMA.withTags(mergeTag) })
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error
    const { line = 0, column = 0 } = error.mark ?? {}
    const where = `${file}:${line + 1}:${column + 1}`
    throw new ToolError('KUBE_CONFIG_INVALID', `${where}: ${error.reason}`, {
      where,
      hint: hintFor(file),
      cause: error,
    })
  }
}

function hintFor(file: string): string {
  return `correct ${file}; "kubectl config view --kubeconfig=${file}" shows how kubectl reads it`
}

/** kubectl writes empty lists and maps as null. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([key, member]) => [key, withoutNulls(member)]),
  )
}

function firstByName<T extends { readonly name: string }>(entries: readonly T[]): readonly T[] {
  const byName = new Map<string, T>()
  for (const entry of entries) if (!byName.has(entry.name)) byName.set(entry.name, entry)
  return [...byName.values()]
}

interface Reading {
  readonly folder: string
  readonly place: (...path: readonly (string | number)[]) => string
}

function withAbsolutePaths(config: Kubeconfig, { folder, place }: Reading): Kubeconfig {
  return {
    ...config,
    clusters: (config.clusters ?? []).map((entry, index) => ({
      ...entry,
      cluster: absoluteCluster(entry.cluster, folder),
      where: () => place('clusters', index),
    })),
    users: (config.users ?? []).map((entry, index) => ({
      ...entry,
      user: absoluteUser(entry.user, folder),
      where: () => place('users', index),
    })),
    contexts: (config.contexts ?? []).map((entry, index) => ({ ...entry, where: () => place('contexts', index) })),
  }
}

function absoluteCluster(cluster: WireCluster, folder: string): WireCluster {
  return { ...cluster, ...absolute('certificate-authority', cluster['certificate-authority'], folder) }
}

function absoluteUser(user: WireUser, folder: string): WireUser {
  return {
    ...user,
    ...absolute('client-certificate', user['client-certificate'], folder),
    ...absolute('client-key', user['client-key'], folder),
    ...absolute('tokenFile', user.tokenFile, folder),
    ...(user.exec === undefined ? {} : { exec: absoluteExec(user.exec, folder) }),
  }
}

/** A bare command is looked for in PATH; a path is relative to its kubeconfig. */
function absoluteExec(exec: WireExec, folder: string): WireExec {
  const isPath = /[/\\]/.test(exec.command)
  return isPath && !isAbsolute(exec.command) ? { ...exec, command: resolve(folder, exec.command) } : exec
}

function absolute(key: string, path: string | undefined, folder: string): Readonly<Record<string, string>> {
  return path === undefined || path === '' ? {} : { [key]: resolve(folder, path) }
}
