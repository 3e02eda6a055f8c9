import { isToolError } from '../errors/index.ts'
import type { KubeClient } from '../kube/index.ts'
import { isMapping } from '../resource/index.ts'

/**
 * The feature flags of the cluster's Knative that are on; undefined when there is no Knative or its flags cannot be read.
 * @see https://knative.dev/docs/serving/configuration/feature-flags/
 */
export async function readKnativeFlags(
  client: KubeClient,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'knative-serving', name: 'config-features' }
  try {
    const data = (await client.get(ref, signal))?.['data']
    if (!isMapping(data)) return undefined
    const isOn = (value: unknown): boolean => ['enabled', 'allowed'].includes(String(value).toLowerCase())
    return new Set(Object.keys(data).filter((name) => isOn(data[name])))
  } catch (error) {
    if (isToolError(error, 'KUBE_FORBIDDEN') || isToolError(error, 'KUBE_UNAUTHORIZED')) return undefined
    throw error
  }
}
