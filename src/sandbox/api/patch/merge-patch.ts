import { isJsonObject, type JsonObject } from '../../store/index.ts'

/** RFC 7396: members of the patch replace, `null` removes, objects merge. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch
  const result: Record<string, unknown> = { ...(isJsonObject(target) ? target : {}) }
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else result[name] = applyMergePatch(result[name], value)
  }
  return result satisfies JsonObject
}
