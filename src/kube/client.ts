import type { Emit } from '../events/index.ts'
import { createAddresses } from './api/address.ts'
import { applyObject, readIfThere } from './api/apply.ts'
import { createDiscovery } from './api/discovery.ts'
import { listAll, type Api } from './api/list.ts'
import { readLogs } from './api/logs.ts'
import { deleteObject } from './api/remove.ts'
import { createTransport } from './api/transport.ts'
import { watchKind } from './api/watch.ts'
import { loadKubeconfig, type KubeconfigOptions } from './config/load-kubeconfig.ts'
import type { KubeOutside, KubeTarget } from './config/target.ts'
import type { KubeClient } from './contract.ts'
import { execInPod } from './stream/exec.ts'
import { connectPodPort } from './stream/pod-port.ts'
import { createStreamContext } from './stream/upgrade.ts'

/** What a client needs from outside. */
export interface ConnectOutside extends KubeOutside {
  /** Told when the cluster is gone for a while. */
  readonly emit?: Emit
}

/** Makes the client of a cluster; nothing is sent before the first call. */
export function connectKube(target: KubeTarget, outside: ConnectOutside): KubeClient {
  const transport = createTransport(target, outside)
  const discovery = createDiscovery(transport)
  const api: Api = { transport, addresses: createAddresses(discovery, target.namespace) }
  const streams = createStreamContext(target, outside)
  const emit = outside.emit ?? (() => {})
  return {
    context: target.context,
    namespace: target.namespace,
    server: target.server,
    async get(ref, signal) {
      const { path, what } = await api.addresses.object(ref, signal)
      return readIfThere(transport, { path, what, signal })
    },
    list: async (kind, options = {}) => (await listAll(api, kind, options)).items,
    watch: (kind, options = {}) => watchKind({ ...api, target, emit }, kind, options),
    apply: (object, options) => applyObject(api, object, options),
    delete: (ref, options) => deleteObject(api, ref, options),
    logs: (pod, options = {}) => readLogs({ transport, target }, pod, options),
    exec: (pod, options) => execInPod(streams, pod, options),
    connectPort: (pod, options) => connectPodPort(streams, pod, options),
    isNamespaced: async (kind, signal) => (await discovery.find(kind, signal)).isNamespaced,
    close: () => transport.close(),
  }
}

/** Which cluster, and the world around. */
export interface OpenOptions extends KubeconfigOptions, ConnectOutside {}

/**
 * The client of the cluster that a kubeconfig means: {@link loadKubeconfig} and {@link connectKube} in one.
 * @throws KUBE_CONFIG_MISSING, KUBE_CONFIG_INVALID, KUBE_CONTEXT_UNKNOWN, KUBE_AUTH_UNSUPPORTED, FILE_UNREADABLE
 */
export async function openKube(options: OpenOptions): Promise<KubeClient> {
  return connectKube(await loadKubeconfig(options), options)
}
