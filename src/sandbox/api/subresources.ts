import type { JsonObject } from '../store/index.ts'
import { metadataOf } from './metadata.ts'
import type { ApiResource } from './schema/resources.ts'

/** Which part of an object a request may write. */
export type Part = 'main' | 'status'

/** Kinds without a spec/status division, or whose status is written with the rest. */
export function hasStatusPart({ subresources }: ApiResource): boolean {
  return subresources.some(({ name }) => name === 'status')
}

/** What was sent, with the members that this way of writing does not reach taken from what is there. */
export function confine(
  sent: JsonObject,
  current: JsonObject,
  about: { resource: ApiResource; part: Part },
): JsonObject {
  if (!hasStatusPart(about.resource)) return sent
  if (about.part === 'main') return withMember(sent, 'status', current['status'])
  const { labels, annotations, finalizers, ownerReferences, managedFields } = metadataOf(sent)
  void [labels, annotations, finalizers, ownerReferences]
  const metadata = { ...metadataOf(current), ...(managedFields !== undefined && { managedFields }) }
  return withMember({ ...current, metadata }, 'status', sent['status'])
}

function withMember(object: JsonObject, name: string, value: unknown): JsonObject {
  const { [name]: _replaced, ...others } = object
  return value === undefined ? others : { ...others, [name]: value }
}
