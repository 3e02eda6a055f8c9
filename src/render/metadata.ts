import {
  isClusterScoped,
  isMapping,
  valueAt,
  type Resource,
  type ResourceEdit,
  type ResourcePath,
} from '../resource/index.ts'
import type { RenderRequest } from './contract.ts'
import type { ResourceSelector } from './selector.ts'

const runIdLabel = 'skaffold.dev/run-id'

/** Labels for the object and for the pods it makes, where its kind lets templates change. */
export function labelEdits(
  resource: Resource,
  labels: RenderRequest['labels'],
  selector: ResourceSelector,
): readonly ResourceEdit[] {
  return selector.labelMaps(resource.object).flatMap((path) => labelEditsAt(resource, path, labels))
}

function labelEditsAt(
  resource: Resource,
  path: ResourcePath,
  labels: RenderRequest['labels'],
): readonly ResourceEdit[] {
  const current = valueAt(resource.object, path)
  return Object.entries(labels)
    .filter(([key]) => key === runIdLabel || !isMapping(current) || !Object.hasOwn(current, key))
    .map(([key, value]) => ({ path: [...path, key], value }))
}

/** The namespace for an object that has none and lives in one. */
export async function namespaceEdits(
  resource: Resource,
  request: Pick<RenderRequest, 'namespace' | 'isNamespaced'>,
): Promise<readonly ResourceEdit[]> {
  const { object } = resource
  const { isNamespaced } = request
  const namespace = typeof request.namespace === 'function' ? request.namespace(resource) : request.namespace
  if (namespace === undefined || namespace === '' || (object.metadata.namespace ?? '') !== '') return []
  const isScoped = isClusterScoped(object) ?? (await isNamespaced?.(object)) === false
  return isScoped ? [] : [{ path: ['metadata', 'namespace'], value: namespace }]
}
