import { isToolError } from '../../errors/index.ts'
import type { KindRef, KubeObject, ListOptions } from '../contract.ts'
import type { Addresses } from './address.ts'
import { KubeRefusal } from './kube-refusal.ts'
import { parsePage, type ObjectPage } from './objects.ts'
import type { Transport } from './transport.ts'

export interface Api {
  readonly transport: Transport
  readonly addresses: Addresses
}

/** A list with the version that a watch goes on from. */
export interface ObjectList {
  readonly items: readonly KubeObject[]
  readonly resourceVersion: string
}

const pageSize = '500'

/** All objects of a kind, page by page; a continue token that has expired makes it one long answer instead. */
export async function listAll(api: Api, kind: KindRef, options: ListOptions): Promise<ObjectList> {
  try {
    return await listPages(api, kind, options)
  } catch (error) {
    if (!isExpired(error)) throw error
    const { items, resourceVersion } = await listPage(api, { kind, options })
    return { items, resourceVersion }
  }
}

/** Whether the server no longer has the version or the page that was asked for. */
export function isExpired(error: unknown): boolean {
  return isToolError(error) && error.cause instanceof KubeRefusal && error.cause.status === 410
}

async function listPages(api: Api, kind: KindRef, options: ListOptions): Promise<ObjectList> {
  const items: KubeObject[] = []
  let page: ObjectPage | undefined
  do {
    page = await listPage(api, { kind, options, limit: pageSize, next: page?.next })
    items.push(...page.items)
  } while (page.next !== undefined)
  return { items, resourceVersion: page.resourceVersion }
}

interface PageRequest {
  readonly kind: KindRef
  readonly options: ListOptions
  readonly limit?: string
  readonly next?: string | undefined
}

async function listPage(
  { transport, addresses }: Api,
  { kind, options, limit, next }: PageRequest,
): Promise<ObjectPage> {
  const { path, what } = await addresses.collection(kind, options)
  const { labelSelector, fieldSelector, signal } = options
  const answer = await transport.json({
    method: 'GET',
    path,
    query: { labelSelector, fieldSelector, limit, continue: next },
    ...(signal === undefined ? {} : { signal }),
    about: { verb: 'list', what },
  })
  return parsePage(answer.body, { kind, what })
}
