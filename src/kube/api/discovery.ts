import * as v from 'valibot'
import { isToolError, ToolError } from '../../errors/index.ts'
import { memoizeAsync } from '../../support/index.ts'
import type { KindRef } from '../contract.ts'
import type { Transport } from './transport.ts'

/** Where objects of a kind live in the API. */
interface KindPlace {
  /** `/api/v1` or `/apis/apps/v1`. */
  readonly root: string
  /** Plural name in paths. */
  readonly resource: string
  readonly isNamespaced: boolean
}

export interface Discovery {
  /** @throws KUBE_UNKNOWN_KIND when the cluster does not serve this kind, also after asking again */
  find(kind: KindRef, signal?: AbortSignal): Promise<KindPlace>
}

/** Kinds as the server lists them; asked for at the first need, and again when a kind is not among them. */
export function createDiscovery(transport: Transport): Discovery {
  let lists = memoizeAsync((group: string) => listKinds(transport, group))
  return {
    async find(kind, signal) {
      const known = lists
      const place = (await known(listOf(kind.apiVersion))).get(keyOf(kind))
      signal?.throwIfAborted()
      if (place !== undefined) return place
      // a custom resource definition may have come since
      if (known === lists) lists = memoizeAsync((group: string) => listKinds(transport, group))
      const later = (await lists(listOf(kind.apiVersion))).get(keyOf(kind))
      signal?.throwIfAborted()
      return later ?? (await findAlone(transport, kind))
    },
  }
}

type Kinds = ReadonlyMap<string, KindPlace>

function keyOf({ apiVersion, kind }: KindRef): string {
  return `${apiVersion} ${kind}`
}

/** The core group has a list of its own. */
function listOf(apiVersion: string): '/api' | '/apis' {
  return apiVersion.includes('/') ? '/apis' : '/api'
}

function rootOf(apiVersion: string): string {
  return `${listOf(apiVersion)}/${apiVersion}`
}

const aggregated = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .join(',')

const aggregatedResource = v.looseObject({
  resource: v.string(),
  scope: v.string(),
  responseKind: v.nullish(v.looseObject({ kind: v.string() })),
})

const aggregatedGroup = v.looseObject({
  metadata: v.nullish(v.looseObject({ name: v.nullish(v.string()) })),
  versions: v.nullish(
    v.array(v.looseObject({ version: v.string(), resources: v.nullish(v.array(aggregatedResource)) })),
  ),
})

/** @see https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery */
const aggregatedSchema = v.looseObject({
  kind: v.literal('APIGroupDiscoveryList'),
  items: v.nullish(v.array(aggregatedGroup)),
})

/** Servers before 1.26 answer with something else; their kinds are found one group version at a time. */
async function listKinds(transport: Transport, path: string): Promise<Kinds> {
  const outcome = v.safeParse(aggregatedSchema, await readList(transport, path))
  const entries = outcome.success ? (outcome.output.items ?? []).flatMap(kindsOfGroup) : []
  // of two resources with one kind the first one is meant
  return new Map(entries.toReversed())
}

async function readList(transport: Transport, path: string): Promise<unknown> {
  const about = { verb: 'list', what: 'the kinds that the cluster knows' }
  try {
    return (await transport.json({ method: 'GET', path, accept: `${aggregated},application/json`, about })).body
  } catch (error) {
    if (!isToolError(error, 'KUBE_NOT_FOUND')) throw error
    throw new ToolError('KUBE_ANSWER_INVALID', `the server has no ${path}, which every Kubernetes API server has`, {
      hint: 'check the server of the cluster in the kubeconfig',
      cause: error,
    })
  }
}

function kindsOfGroup(group: v.InferOutput<typeof aggregatedGroup>): readonly (readonly [string, KindPlace])[] {
  const name = group.metadata?.name ?? ''
  return (group.versions ?? []).flatMap(({ version, resources }) => {
    const apiVersion = name === '' ? version : `${name}/${version}`
    return (resources ?? []).map(({ resource, scope, responseKind }) => {
      const key = keyOf({ apiVersion, kind: responseKind?.kind ?? '' })
      return [key, { root: rootOf(apiVersion), resource, isNamespaced: scope === 'Namespaced' }] as const
    })
  })
}

const resourceListSchema = v.looseObject({
  kind: v.literal('APIResourceList'),
  resources: v.nullish(v.array(v.looseObject({ name: v.string(), kind: v.string(), namespaced: v.boolean() }))),
})

/** Asks for the kind's own group version: older servers, and groups that the aggregated list has not taken up yet. */
async function findAlone(transport: Transport, kind: KindRef): Promise<KindPlace> {
  const resources = await groupVersion(transport, kind.apiVersion)
  if (resources === undefined) {
    throw unknownKind(kind, `it does not serve ${kind.apiVersion}`)
  }
  // names with a slash are subresources
  const found = resources.find(({ name, kind: listed }) => listed === kind.kind && !name.includes('/'))
  if (found === undefined) throw unknownKind(kind, `${kind.apiVersion} has no such kind there`)
  return { root: rootOf(kind.apiVersion), resource: found.name, isNamespaced: found.namespaced }
}

type Resources = readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[]

async function groupVersion(transport: Transport, apiVersion: string): Promise<Resources | undefined> {
  try {
    const what = `the kinds of ${apiVersion}`
    const answer = await transport.json({ method: 'GET', path: rootOf(apiVersion), about: { verb: 'list', what } })
    return v.parse(resourceListSchema, answer.body).resources ?? []
  } catch (error) {
    if (isToolError(error, 'KUBE_NOT_FOUND')) return undefined
    if (!v.isValiError(error)) throw error
    throw new ToolError('KUBE_ANSWER_INVALID', `the kinds of ${apiVersion} are not listed as Kubernetes does it`, {
      hint: 'check that the server of the kubeconfig is a Kubernetes API server',
      cause: error,
    })
  }
}

function unknownKind({ apiVersion, kind }: KindRef, why: string): ToolError {
  return new ToolError('KUBE_UNKNOWN_KIND', `the cluster does not know the kind ${kind} of ${apiVersion}: ${why}`, {
    hint: `correct apiVersion and kind, or install what defines ${kind} (its CustomResourceDefinition) first`,
  })
}
