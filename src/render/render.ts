import { editObject, reviseResource, type Resource, type ResourceObject } from '../resource/index.ts'
import type { RenderRequest } from './contract.ts'
import { imageReplacer } from './images.ts'
import { labelEdits, namespaceEdits } from './metadata.ts'
import { placeResources } from './place-resources.ts'
import { knownSelector } from './selector.ts'

/**
 * Makes manifests ready for a cluster: built images, labels, namespace, debuggers where they are wanted, tolerations,
 * node affinity, in this order, each resource on its own. Everything else stays as it was written. Says with a `placed`
 * event where each pod may run and with a `warning` what could not be found out.
 *
 * @returns the resources in their order: print them with `printResources`, apply their `object`
 * @throws PLACEMENT_CONFLICT before anything is applied, when a pod can run on no platform
 */
export async function renderResources(request: RenderRequest): Promise<readonly Resource[]> {
  const { selector = knownSelector, onUsed } = request
  const replacer = imageReplacer(request.builtImages, { selector, ...(onUsed === undefined ? {} : { onUsed }) })
  const edited = await Promise.all(
    request.resources.map(async (resource) =>
      readyToDebug(
        editObject(resource.object, [
          ...replacer.editsOf(resource),
          ...labelEdits(resource, request.labels, selector),
          ...(await namespaceEdits(resource, request)),
        ]),
        request,
      ),
    ),
  )
  for (const image of onUsed === undefined ? replacer.unused() : []) {
    request.emit({
      type: 'warning',
      text: `image [${image}] is not used by any resource`,
      hint: `name it in a manifest: "image: ${image}"`,
    })
  }
  const placed = await placeResources(
    request.resources.map((resource, index) => ({ resource, object: edited[index] ?? resource.object })),
    request,
  )
  return placed.map(({ resource, object }) => reviseResource(resource, object))
}

/** Before placement: the images with the debuggers' files have a say in where the pods can run. */
async function readyToDebug(object: ResourceObject, { debug, emit }: RenderRequest): Promise<ResourceObject> {
  if (debug === undefined) return object
  const { debugObject } = await import('../debug/index.ts')
  return debugObject(object, debug, emit)
}
