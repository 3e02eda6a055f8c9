import { ToolError } from '../errors/index.ts'
import {
  effectiveConstraint,
  hasPlatformRule,
  isMixed,
  placePod,
  verdict,
  type ImageFacts,
  type Placement,
} from '../placement/index.ts'
import { formatPlatform } from '../platform/index.ts'
import {
  editObject,
  locateInResource,
  placementHint,
  podImages,
  resourceName,
  type PodTemplate,
  type Resource,
  type ResourceEdit,
  type ResourceObject,
} from '../resource/index.ts'
import type { RenderRequest } from './contract.ts'
import { findImageFacts } from './image-facts.ts'
import { knownSelector, type ResourceSelector } from './selector.ts'

/**
 * Writes tolerations and node affinity into every pod template, each on its own.
 * @throws PLACEMENT_CONFLICT naming every pod that can run nowhere
 */
export async function placeResources(
  edited: readonly EditedResource[],
  request: RenderRequest,
): Promise<readonly EditedResource[]> {
  const { placement } = request
  if (!placement.enabled && !placement.gke) return edited
  const isWritten = placement.enabled && (placement.forced || isMixed(placement.nodes))
  const selector = request.selector ?? knownSelector
  const isEvery = isWritten || placement.gke
  const references = edited.flatMap(({ object }) => referencesOf(object, { selector, isEvery }))
  const facts = await findImageFacts(references, request.builtImages, placement.inspect)
  const context: Context = { request, selector, facts, isWritten, conflicts: [] }
  const placed = edited.map((one) => placeResource(one, context))
  if (context.conflicts.length > 0) throw conflictError(context.conflicts)
  return placed
}

/** A resource as it was read, and what its data has become so far. */
export interface EditedResource {
  readonly resource: Resource
  readonly object: ResourceObject
}

interface Conflict {
  readonly resource: Resource
  readonly template: PodTemplate
  readonly reason: string
}

interface Context {
  readonly request: RenderRequest
  readonly selector: ResourceSelector
  readonly facts: ReadonlyMap<string, ImageFacts>
  readonly isWritten: boolean
  readonly conflicts: Conflict[]
}

/** Images that have to be looked up: all of them where rules are written, else those of pods that have rules of their own. */
function referencesOf(
  object: ResourceObject,
  { selector, isEvery }: { readonly selector: ResourceSelector; readonly isEvery: boolean },
): readonly string[] {
  if (selector.refusesPlacement(object)) {
    return isEvery ? selector.imageFields(object).map((field) => field.value) : []
  }
  return selector
    .podTemplates(object)
    .filter((template) => isEvery || hasPlatformRule(effectiveConstraint(template.spec)))
    .flatMap((template) => imagesOf(template))
}

function imagesOf(template: PodTemplate): readonly string[] {
  const images = podImages(template.spec).filter((field) => !field.ephemeral)
  return [...new Set(images.map((field) => field.value))]
}

function placeResource({ resource, object }: EditedResource, context: Context): EditedResource {
  const { selector } = context
  if (selector.refusesPlacement(object)) warnUnplaceable(object, context)
  const edits = selector.podTemplates(object).flatMap((template) => placeTemplate(resource, template, context))
  return { resource, object: editObject(object, edits) }
}

function placeTemplate(resource: Resource, template: PodTemplate, context: Context): readonly ResourceEdit[] {
  const { enabled, nodes, forced, gke, tolerateTaints = false } = context.request.placement
  const images = imagesOf(template).map((reference) => factsOf(reference, context))
  const placement = placePod({ podSpec: template.spec, images, nodes, forced: enabled && forced, gke, tolerateTaints })
  const tolerations = placement.tolerations
  const tolerated = tolerations === undefined ? [] : [{ path: [...template.path, 'tolerations'], value: tolerations }]
  if (!enabled) return tolerated
  report(resource, placement, context)
  if (placement.action === 'conflict') {
    const conflict = { resource, template, reason: placement.reasons.join('; ') }
    if (context.request.placement.onConflict === 'warn') warnConflict(conflict, context)
    else context.conflicts.push(conflict)
    return tolerated
  }
  if (placement.nodeAffinity === undefined) return tolerated
  return [...tolerated, { path: [...template.path, 'affinity', 'nodeAffinity'], value: placement.nodeAffinity }]
}

function report(resource: Resource, placement: Placement, { request, isWritten }: Context): void {
  const name = resourceName(resource.object)
  for (const warning of placement.warnings) request.emit({ type: 'warning', text: `${name}: ${warning}` })
  if (!isWritten || placement.action === 'conflict' || placement.platforms.length === 0) return
  const platforms = placement.platforms.map(formatPlatform)
  request.emit({ type: 'placed', resource: name, platforms, reason: placement.reasons.join('; ') })
}

/** Kinds whose pods somebody else makes: all that can be done is to say where they would fail. */
function warnUnplaceable(object: ResourceObject, context: Context): void {
  const { request, isWritten, selector } = context
  if (!isWritten) return
  const failing = selector.imageFields(object).flatMap((field) => {
    const image = factsOf(field.value, context)
    return request.placement.nodes.map((node) => verdict(image, node)).filter((one) => one.verdict === 'cannotRun')
  })
  for (const reason of new Set(failing.map((one) => one.reason))) {
    const text = `${resourceName(object)}: ${reason}, and no placement rule can be written for this kind`
    request.emit({
      type: 'warning',
      text,
      hint: placementHint(object) ?? 'build the image for every platform of the cluster',
    })
  }
}

function factsOf(reference: string, { facts }: Context): ImageFacts {
  return facts.get(reference) ?? { reference, platforms: 'unknown' }
}

function warnConflict(conflict: Conflict, { request }: Context): void {
  const text = `${describeConflict(conflict)}; it is left as it is`
  request.emit({ type: 'warning', text, hint: 'use images that share a platform and rules that allow it' })
}

function describeConflict({ resource, template, reason }: Conflict): string {
  const where = locateInResource(resource, template.path)
  return `${resourceName(resource.object)} (${where}) can run nowhere: ${reason}`
}

function conflictError(conflicts: readonly Conflict[]): ToolError {
  const lines = conflicts.map(describeConflict)
  const [first] = conflicts
  return new ToolError('PLACEMENT_CONFLICT', lines.join('\n'), {
    ...(first === undefined ? {} : { where: locateInResource(first.resource, first.template.path) }),
    hint: 'use images that share a platform and rules that allow it, or pass --on-platform-conflict=warn to leave it as it is',
  })
}
