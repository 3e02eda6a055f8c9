import { equalJson, isJsonObject, type JsonObject } from '../../store/index.ts'
import { badRequest, StatusError } from '../status.ts'

/** RFC 6902. Throws a 422 for an operation that cannot be done, a 400 for what is no patch. */
export function applyJsonPatch(target: JsonObject, patch: unknown): JsonObject {
  if (!Array.isArray(patch)) {
    throw badRequest('json: cannot unmarshal object into Go value of type jsonpatch.Patch')
  }
  let result: unknown = structuredClone(target)
  for (const operation of patch as readonly unknown[]) {
    if (!isJsonObject(operation)) throw rejected()
    result = applyOperation(result, operation)
  }
  if (!isJsonObject(result)) throw rejected()
  return result
}

function applyOperation(root: unknown, operation: JsonObject): unknown {
  const path = parsePointer(operation['path'])
  switch (operation['op']) {
    case 'add':
      return put(root, path, { value: operation['value'], isInsertion: true })
    case 'replace':
      read(root, path)
      return put(root, path, { value: operation['value'], isInsertion: false })
    case 'remove':
      return remove(root, path)
    case 'copy':
      return put(root, path, { value: structuredClone(read(root, parsePointer(operation['from']))), isInsertion: true })
    case 'move': {
      const from = parsePointer(operation['from'])
      return put(remove(root, from), path, { value: read(root, from), isInsertion: true })
    }
    case 'test':
      if (!equalJson(tryRead(root, path), operation['value'])) throw rejected()
      return root
    default:
      throw rejected()
  }
}

function parsePointer(pointer: unknown): readonly string[] {
  if (typeof pointer !== 'string' || (pointer !== '' && !pointer.startsWith('/'))) throw rejected()
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function read(root: unknown, path: readonly string[]): unknown {
  const value = tryRead(root, path)
  if (value === undefined) throw rejected()
  return value
}

function tryRead(root: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, part) => {
    if (Array.isArray(value)) return (value as readonly unknown[])[Number(part)]
    return isJsonObject(value) && Object.hasOwn(value, part) ? value[part] : undefined
  }, root)
}

interface Placement {
  readonly value: unknown
  readonly isInsertion: boolean
}

function put(root: unknown, path: readonly string[], placement: Placement): unknown {
  const [part, ...rest] = path
  if (part === undefined) return placement.value
  if (Array.isArray(root)) return putIntoList(root as readonly unknown[], path, placement)
  if (!isJsonObject(root)) throw rejected()
  if (rest.length > 0 && !Object.hasOwn(root, part)) throw rejected()
  return { ...root, [part]: put(root[part], rest, placement) }
}

function putIntoList(list: readonly unknown[], path: readonly string[], placement: Placement): unknown {
  const [part = '', ...rest] = path
  const at = part === '-' ? list.length : Number(part)
  if (!Number.isInteger(at) || at < 0 || at > list.length) throw rejected()
  if (rest.length > 0) return list.with(at, put(list[at], rest, placement))
  return list.toSpliced(at, placement.isInsertion ? 0 : 1, placement.value)
}

function remove(root: unknown, path: readonly string[]): unknown {
  read(root, path)
  const [part = '', ...rest] = path
  if (Array.isArray(root)) {
    const items = root as readonly unknown[]
    return rest.length > 0
      ? items.with(Number(part), remove(items[Number(part)], rest))
      : items.toSpliced(Number(part), 1)
  }
  if (!isJsonObject(root)) throw rejected()
  if (rest.length > 0) return { ...root, [part]: remove(root[part], rest) }
  const { [part]: _removed, ...others } = root
  return others
}

function rejected(): StatusError {
  const message = 'the server rejected our request due to an error in our request'
  return new StatusError({ message, reason: 'Invalid', details: {}, code: 422 })
}
