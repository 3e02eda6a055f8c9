import type { Container, EnvVar, KeyRef, Pod } from '../kinds.ts'
import type { Tables } from '../tables.ts'

/** Variables in order; a later one of the same name wins. */
export type Environment = Readonly<Record<string, string>>

/** What a container cannot be configured with: a ConfigMap, Secret or key that is not there. */
interface ConfigFailure {
  readonly problem: string
}

/** The variables, unless something they come from is missing. */
export type EnvironmentOutcome = { readonly env: Environment } | ConfigFailure

export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

interface EnvContext {
  readonly pod: Pod
  readonly tables: Tables
}

/** The container's variables: the image's, then `envFrom`, then `env`, with `$(NAME)` replaced. */
export function environmentOf(
  container: Container,
  imageEnv: readonly string[],
  context: EnvContext,
): EnvironmentOutcome {
  const { pod } = context
  const env: Record<string, string> = { PATH: defaultPath, HOSTNAME: hostnameOf(pod) }
  for (const entry of imageEnv) {
    const [name = '', ...value] = entry.split('=')
    env[name] = value.join('=')
  }
  const imported = importedVariables(container, context)
  if ('problem' in imported) return imported
  Object.assign(env, imported.variables)
  for (const variable of container.env ?? []) {
    const value = valueOf(variable, context)
    if (typeof value === 'object') return value
    if (value !== undefined) env[variable.name] = expand(value, env)
  }
  return { env }
}

export function hostnameOf({ spec, metadata }: Pod): string {
  return (spec.hostname ?? metadata.name).slice(0, 63)
}

/** Replaces `$(NAME)` by a known variable; `$$(NAME)` stays `$(NAME)`. */
export function expand(text: string, env: Environment): string {
  return text.replace(/\$\$|\$\(([^()]+)\)/g, (whole, name: string | undefined) => {
    if (name === undefined) return '$'
    return env[name] ?? whole
  })
}

function importedVariables(
  { envFrom = [] }: Container,
  context: EnvContext,
): { readonly variables: Environment } | ConfigFailure {
  const variables: Record<string, string> = {}
  for (const { prefix = '', configMapRef, secretRef } of envFrom) {
    const reference = configMapRef ?? secretRef
    if (reference === undefined) continue
    const data = dataOf(configMapRef === undefined ? 'secret' : 'configmap', reference.name, context)
    if (data === undefined && reference.optional !== true) {
      return { problem: missing(configMapRef === undefined ? 'secret' : 'configmap', reference.name) }
    }
    for (const [key, value] of Object.entries(data ?? {})) variables[`${prefix}${key}`] = value.toString('utf8')
  }
  return { variables }
}

function valueOf({ value = '', valueFrom }: EnvVar, context: EnvContext): string | undefined | ConfigFailure {
  if (valueFrom === undefined) return value
  if (valueFrom.fieldRef !== undefined) return fieldOf(context.pod, valueFrom.fieldRef.fieldPath)
  const { configMapKeyRef, secretKeyRef } = valueFrom
  const reference = configMapKeyRef ?? secretKeyRef
  if (reference === undefined) return undefined
  const kind = configMapKeyRef === undefined ? 'secret' : 'configmap'
  const data = dataOf(kind, reference.name, context)
  const found = data?.[reference.key]?.toString('utf8')
  if (found !== undefined || reference.optional === true) return found
  return { problem: data === undefined ? missing(kind, reference.name) : missingKey(kind, reference, context) }
}

function missingKey(kind: 'configmap' | 'secret', { name, key }: KeyRef, { pod }: EnvContext): string {
  const owner = kind === 'secret' ? 'Secret' : 'ConfigMap'
  return `couldn't find key ${key} in ${owner} ${pod.metadata.namespace ?? 'default'}/${name}`
}

/** The message of a kubelet that looks for an object in vain. */
export function missing(kind: 'configmap' | 'secret', name: string): string {
  return `${kind} "${name}" not found`
}

/** The contents of a ConfigMap or Secret of the pod's namespace by key, or undefined when there is none. */
export function dataOf(
  kind: 'configmap' | 'secret',
  name: string,
  { pod, tables }: EnvContext,
): Readonly<Record<string, Buffer>> | undefined {
  const { namespace } = pod.metadata
  if (kind === 'secret') {
    const secret = tables.secrets.get(namespace, name)
    return secret === undefined ? undefined : decoded(secret.data, 'base64')
  }
  const configMap = tables.configMaps.get(namespace, name)
  if (configMap === undefined) return undefined
  return { ...decoded(configMap.data, 'utf8'), ...decoded(configMap.binaryData, 'base64') }
}

function decoded(data: Environment = {}, encoding: 'base64' | 'utf8'): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, encoding)]))
}

/** The downward API: a field of the pod as text. */
export function fieldOf(pod: Pod, path: string): string {
  const [, list, key] = /^metadata\.(labels|annotations)\['([^']*)'\]$/.exec(path) ?? []
  if (key !== undefined) return (list === 'labels' ? pod.metadata.labels : pod.metadata.annotations)?.[key] ?? ''
  const { name, namespace, uid, labels, annotations } = pod.metadata
  const fields: Readonly<Record<string, string | undefined>> = {
    'metadata.name': name,
    'metadata.namespace': namespace,
    'metadata.uid': uid,
    'metadata.labels': linesOf(labels),
    'metadata.annotations': linesOf(annotations),
    'spec.nodeName': pod.spec.nodeName,
    'spec.serviceAccountName': pod.spec.serviceAccountName,
    'status.podIP': pod.status?.podIP,
    'status.podIPs': pod.status?.podIP,
    'status.hostIP': '127.0.0.1',
    'status.hostIPs': '127.0.0.1',
  }
  return fields[path] ?? ''
}

function linesOf(map: Environment = {}): string {
  return Object.entries(map)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort()
    .join('\n')
}
