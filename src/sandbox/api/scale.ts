import { isJsonObject, type JsonObject } from '../store/index.ts'
import type { StoredObject } from '../store-contract.ts'
import { member } from './catalog.ts'
import { metadataOf, nameOf, withMetadata } from './metadata.ts'
import { applyMergePatch } from './patch/merge-patch.ts'
import { applyJsonPatch } from './patch/json-patch.ts'
import { parseYaml } from './body.ts'
import { findObject } from './read.ts'
import { formatSelector } from './selector-text.ts'
import type { Answer, ApiContext, ApiRequest } from './request.ts'
import type { Route } from './route.ts'
import { badRequest, refuseIf } from './status.ts'
import { checkCount } from './validate/workloads.ts'
import { revise } from './write.ts'

export function getScale(context: ApiContext, route: Route): Answer {
  return { form: 'object', status: 200, object: scaleOf(findObject(context, route)) }
}

/** The number of replicas, read from and written to the workload itself. */
export function writeScale(context: ApiContext, request: ApiRequest, route: Route): Answer {
  const change = (current: StoredObject): JsonObject => {
    const scale = nextScale(request, scaleOf(current))
    const replicas = member(scale, 'spec')['replicas'] ?? 0
    refuseIf({ group: 'autoscaling', kind: 'Scale' }, nameOf(current), checkCount(replicas, 'spec.replicas'))
    const { resourceVersion } = metadataOf(scale)
    return withMetadata({ ...current, spec: { ...member(current, 'spec'), replicas } }, { resourceVersion })
  }
  const answer = revise(context, { request, route, change })
  return { ...answer, object: scaleOf(answer.object) }
}

function nextScale({ method, body, contentType }: ApiRequest, scale: JsonObject): JsonObject {
  const sent: unknown = contentType.includes('yaml') ? parseYaml(body) : JSON.parse(body)
  if (contentType.startsWith('application/json-patch+json')) return applyJsonPatch(scale, sent)
  if (!isJsonObject(sent)) throw badRequest('a Scale must be an object')
  const next = method === 'PUT' ? sent : applyMergePatch(scale, sent)
  return isJsonObject(next) ? next : scale
}

function scaleOf(object: JsonObject): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadataOf(object)
  const selector = formatSelector(member(object, 'spec')['selector'])
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: member(object, 'spec')['replicas'] ?? 0 },
    status: { replicas: member(object, 'status')['replicas'] ?? 0, ...(selector !== '' && { selector }) },
  }
}
