import { CORE_SCHEMA, load } from 'js-yaml'
import * as v from 'valibot'
import { isToolError } from '../errors/index.ts'
import type { KubeClient } from '../kube/index.ts'

/** A registry that a cluster on this machine uses. */
export interface LocalRegistry {
  /** As this machine reaches it: `localhost:5001`. */
  readonly host: string
  /** As the nodes reach it; absent: by the same name. */
  readonly hostFromContainerRuntime?: string
}

const configMap = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'kube-public', name: 'local-registry-hosting' }

const dataSchema = v.looseObject({ 'localRegistryHosting.v1': v.string() })
const hostingSchema = v.looseObject({ host: v.string(), hostFromContainerRuntime: v.exactOptional(v.string()) })

/**
 * The registry that the cluster says it has; undefined when it says nothing, or cannot be asked.
 * @see https://github.com/kubernetes/enhancements/tree/master/keps/sig-cluster-lifecycle/generic/1755-communicating-a-local-registry
 */
export async function readLocalRegistry(client: KubeClient, signal: AbortSignal): Promise<LocalRegistry | undefined> {
  try {
    const data = v.safeParse(dataSchema, (await client.get(configMap, signal))?.['data'])
    return data.success ? parseHosting(data.output['localRegistryHosting.v1']) : undefined
  } catch (error) {
    if (isToolError(error)) return undefined
    throw error
  }
}

/** @internal What the ConfigMap says in YAML. */
export function parseHosting(text: string): LocalRegistry | undefined {
  const parsed = v.safeParse(hostingSchema, readYaml(text))
  if (!parsed.success || parsed.output.host === '') return undefined
  const { host, hostFromContainerRuntime: other = '' } = parsed.output
  return other === '' || other === host ? { host } : { host, hostFromContainerRuntime: other }
}

function readYaml(text: string): unknown {
  try {
    return load(text, { schema: CORE_SCHEMA })
  } catch {
    return undefined
  }
}
