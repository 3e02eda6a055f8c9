import type { KubeClient, KubeObject, ObjectRef } from '../../kube/index.ts'
import type { Context, Project } from '../contract.ts'
import { deployedPods } from '../deployed-pods.ts'
import { chooseEntries, entryKey } from './choose-entries.ts'
import type { ForwardEntry, PortForwardMode } from './contract.ts'
import { listen, type Listener } from './listen.ts'

/** Forwards ports for as long as a session lasts. */
export interface PortForwarder {
  /** After each deployment: what is new is forwarded, what is gone no longer, and the rest stays as it is. */
  update(deployed: { readonly project: Project; readonly refs: readonly ObjectRef[] }): Promise<void>
  close(): Promise<void>
}

/** Nothing is forwarded before the first {@link PortForwarder.update}. */
export function createPortForwarder(context: Context, modes: readonly PortForwardMode[]): PortForwarder {
  const chosen = new Set(modes)
  const listeners = new Map<string, Listener>()
  const closing = new AbortController()
  const signal = AbortSignal.any([context.signal, closing.signal])
  return {
    async update({ project, refs }) {
      if (chosen.size === 0) return
      const client = await context.connect()
      const entries = await entriesOf({ client, signal }, chosen, { project, refs })
      const wanted = new Map(entries.map((entry) => [entryKey(entry), entry] as const))
      for (const [key, listener] of listeners) {
        if (wanted.has(key)) continue
        listeners.delete(key)
        await listener.close()
      }
      for (const [key, entry] of wanted) {
        if (listeners.has(key)) continue
        const listener = await listen(entry, { client, emit: context.emit, signal })
        listeners.set(key, listener)
        announce(context, entry, listener.localPort)
      }
    },
    async close() {
      closing.abort()
      const all = [...listeners.values()]
      listeners.clear()
      await Promise.all(all.map(async (listener) => listener.close()))
    },
  }
}

function announce({ emit }: Context, { type, name, namespace, port, address }: ForwardEntry, localPort: number): void {
  emit({ type: 'portForwarded', resource: `${type}/${name}`, namespace, port: String(port), address, localPort })
}

interface Reading {
  readonly client: KubeClient
  readonly signal: AbortSignal
}

async function entriesOf(
  { client, signal }: Reading,
  modes: ReadonlySet<PortForwardMode>,
  { project, refs }: { readonly project: Project; readonly refs: readonly ObjectRef[] },
): Promise<readonly ForwardEntry[]> {
  const services = modes.has('services') ? refs.filter(({ kind }) => kind === 'Service') : []
  const needsPods = modes.has('pods') || modes.has('debug')
  const found = await Promise.all(services.map(async (ref) => client.get(ref, signal)))
  return chooseEntries(modes, {
    user: project.configs.flatMap((config) => config.portForward ?? []),
    services: found.filter((object): object is KubeObject => object !== undefined && object.kind === 'Service'),
    pods: needsPods ? await deployedPods(client, { refs, signal }) : [],
    namespace: client.namespace,
  })
}
