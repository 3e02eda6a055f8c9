import * as v from 'valibot'
import { ToolError } from '../../errors/index.ts'
import type { KindRef, KubeObject } from '../contract.ts'

const metaSchema = v.looseObject({
  name: v.string(),
  namespace: v.optional(v.string()),
  uid: v.optional(v.string()),
  resourceVersion: v.optional(v.string()),
})

const objectSchema = v.looseObject({ apiVersion: v.string(), kind: v.string(), metadata: metaSchema })

const listSchema = v.looseObject({
  metadata: v.looseObject({
    resourceVersion: v.nullish(v.string()),
    continue: v.nullish(v.string()),
  }),
  items: v.nullish(v.array(v.looseObject({ metadata: metaSchema }))),
})

/** @throws KUBE_ANSWER_INVALID */
export function parseObject(body: unknown, what: string): KubeObject {
  if (v.is(objectSchema, body)) return body as KubeObject
  throw invalid(what)
}

/** One page of a list. */
export interface ObjectPage {
  readonly items: readonly KubeObject[]
  readonly resourceVersion: string
  readonly next: string | undefined
}

/**
 * Items of built-in kinds come without apiVersion and kind, which are the list's.
 * @throws KUBE_ANSWER_INVALID
 */
export function parsePage(
  body: unknown,
  { kind, what }: { readonly kind: KindRef; readonly what: string },
): ObjectPage {
  const outcome = v.safeParse(listSchema, body)
  if (!outcome.success) throw invalid(what)
  const { metadata, items } = outcome.output
  return {
    items: (items ?? []).map((item) => ({ apiVersion: kind.apiVersion, kind: kind.kind, ...item }) as KubeObject),
    resourceVersion: metadata.resourceVersion ?? '',
    next: (metadata.continue ?? '') === '' ? undefined : (metadata.continue ?? undefined),
  }
}

function invalid(what: string): ToolError {
  return new ToolError('KUBE_ANSWER_INVALID', `the API server's answer about ${what} is not an object of Kubernetes`, {
    hint: 'check that the server of the kubeconfig is a Kubernetes API server',
  })
}
