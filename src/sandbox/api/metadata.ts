import { isJsonObject, type JsonObject } from '../store/index.ts'

export function metadataOf(object: JsonObject | undefined): JsonObject {
  const metadata = object?.['metadata']
  return isJsonObject(metadata) ? metadata : {}
}

export function nameOf(object: JsonObject | undefined): string {
  const { name } = metadataOf(object)
  return typeof name === 'string' ? name : ''
}

export function withMetadata(object: JsonObject, members: JsonObject): JsonObject {
  return { ...object, metadata: { ...metadataOf(object), ...members } }
}

/** The object without those members of its metadata. */
export function withoutMetadata(object: JsonObject, ...names: readonly string[]): JsonObject {
  const kept = Object.entries(metadataOf(object)).filter(([name]) => !names.includes(name))
  return { ...object, metadata: Object.fromEntries(kept) }
}

/** The time as Kubernetes writes it, to the second. */
export function timestamp(clock: () => Date): string {
  return `${clock().toISOString().slice(0, 19)}Z`
}
