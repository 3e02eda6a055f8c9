import type { KindRef, ObjectRef } from '../contract.ts'
import type { Discovery } from './discovery.ts'

/** Turns kinds and names into paths. */
export interface Addresses {
  object(ref: ObjectRef, signal?: AbortSignal): Promise<Address>
  collection(kind: KindRef, options: { readonly namespace?: string; readonly signal?: AbortSignal }): Promise<Address>
}

interface Address {
  readonly path: string
  /** For messages. */
  readonly what: string
}

export function createAddresses(discovery: Discovery, defaultNamespace: string): Addresses {
  return {
    async object(ref, signal) {
      const { root, resource, isNamespaced } = await discovery.find(ref, signal)
      const namespace = isNamespaced ? (ref.namespace ?? defaultNamespace) : undefined
      const name = `${groupKind(ref).toLowerCase()}/${ref.name}`
      return {
        path: `${root}${scope(namespace)}/${resource}/${encodeURIComponent(ref.name)}`,
        what: namespace === undefined ? name : `${name} in namespace ${namespace}`,
      }
    },
    async collection(kind, { namespace = defaultNamespace, signal }) {
      const { root, resource, isNamespaced } = await discovery.find(kind, signal)
      const within = isNamespaced && namespace !== '*' ? namespace : undefined
      const plural = root.startsWith('/apis/') ? `${resource}.${root.split('/')[2] ?? ''}` : resource
      const place = isNamespaced ? ' of all namespaces' : ''
      return {
        path: `${root}${scope(within)}/${resource}`,
        what: `${plural}${within === undefined ? place : ` in namespace ${within}`}`,
      }
    },
  }
}

function scope(namespace: string | undefined): string {
  return namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`
}

function groupKind({ apiVersion, kind }: KindRef): string {
  const slash = apiVersion.indexOf('/')
  return slash === -1 ? kind : `${kind}.${apiVersion.slice(0, slash)}`
}
