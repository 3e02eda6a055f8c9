import { ToolError } from '../errors/index.ts'
import {
  effectiveConstraint,
  explainPod,
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
  isMapping,
  locateInResource,
  placementHint,
  resourceName,
  type Mapping,
  type PlacementRules,
  type PodTemplate,
  type Resource,
  type ResourceEdit,
  type ResourceObject,
} from '../resource/index.ts'
import type { RenderRequest } from './contract.ts'
import { findImageFacts } from './image-facts.ts'
import { rulesForKnative, type KnativeFlags } from './knative.ts'
import { knownSelector, rememberTemplates, type ResourceSelector } from './selector.ts'

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
  const isEvery = isWritten || placement.gke
  const others = edited.map(({ object }) => object)
  const selector = rememberTemplates(request.selector ?? knownSelector, others)
  const references = others.flatMap((object) => referencesOf(object, { selector, isEvery, others }))
  const facts = await findImageFacts(references, request.builtImages, placement.inspect)
  const hasKnative = others.some((object) => selector.podTemplates(object).some(({ flags }) => flags === 'knative'))
  const knativeFlags = hasKnative ? await placement.knativeFlags?.() : undefined
  const context: Context = { request, selector, facts, isWritten, others, knativeFlags, conflicts: [] }
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
  readonly others: readonly ResourceObject[]
  readonly knativeFlags: KnativeFlags
  readonly conflicts: Conflict[]
}

/** Images that have to be looked up: all of them where rules are written, else those of pods that have rules of their own. */
function referencesOf(
  object: ResourceObject,
  { selector, isEvery, others }: Pick<Context, 'selector' | 'others'> & { readonly isEvery: boolean },
): readonly string[] {
  if (selector.refusesPlacement(object)) {
    return isEvery ? selector.imageFields(object).map((field) => field.value) : []
  }
  return selector
    .podTemplates(object, others)
    .filter((template) => isEvery || hasPlatformRule(effectiveConstraint(template.spec)))
    .flatMap((template) => template.images)
}

function placeResource({ resource, object }: EditedResource, context: Context): EditedResource {
  const { selector, others } = context
  if (selector.refusesPlacement(object)) warnUnplaceable(object, context)
  const edits = selector.podTemplates(object, others).flatMap((template) => placeTemplate(resource, template, context))
  return { resource, object: editObject(object, edits) }
}

function placeTemplate(resource: Resource, template: PodTemplate, context: Context): readonly ResourceEdit[] {
  const { enabled, nodes, forced, gke, tolerateTaints = false } = context.request.placement
  const images = template.images.map((reference) => factsOf(reference, context))
  const { spec: podSpec, unplaceable } = template
  if (unplaceable !== undefined) return leave(resource, { template, images, reason: unplaceable }, context)
  const placement = placePod({ podSpec, images, nodes, forced: enabled && forced, gke, tolerateTaints })
  const { tolerations } = placement
  const tolerated = tolerations === undefined ? {} : { tolerations }
  if (!enabled) return writeRules(resource, { template, placement, images, rules: tolerated }, context)
  report(resource, placement, context)
  if (placement.action === 'conflict') {
    const conflict = { resource, template, reason: placement.reasons.join('; ') }
    if (context.request.placement.onConflict === 'warn') warnConflict(conflict, context)
    else context.conflicts.push(conflict)
    return template.write(tolerated)
  }
  const rules = { ...tolerated, ...affinityRule(podSpec, placement) }
  return writeRules(resource, { template, placement, images, rules }, context)
}

/** The whole affinity: where it is inherited, what is written hides all of it. */
function affinityRule(podSpec: Mapping, { nodeAffinity }: Placement): PlacementRules {
  if (nodeAffinity === undefined) return {}
  const { affinity } = podSpec
  return { affinity: { ...(isMapping(affinity) ? affinity : {}), nodeAffinity } }
}

interface Placed {
  readonly template: PodTemplate
  readonly placement: Placement
  readonly images: readonly ImageFacts[]
  readonly rules: PlacementRules
}

function writeRules(resource: Resource, placed: Placed, context: Context): readonly ResourceEdit[] {
  const { template, placement, images, rules } = placed
  if (Object.keys(rules).length === 0) return []
  if (template.flags === undefined) return template.write(rules)
  const { spec } = template
  const { platforms } = placement
  const isNeeded = isMisplaced(template, images, context)
  const answer = rulesForKnative({ rules, spec, platforms, isNeeded, flags: context.knativeFlags })
  if (answer.warning !== undefined) {
    const { text, hint } = answer.warning
    context.request.emit({ type: 'warning', text: `${resourceName(resource.object)}: ${text}`, hint })
  }
  return template.write(answer.rules)
}

/** Whether the scheduler may give a pod to a node that is known to be unable to run it. */
function isMisplaced(template: PodTemplate, images: readonly ImageFacts[], { request }: Context): boolean {
  const answers = explainPod({ podSpec: template.spec, images, nodes: request.placement.nodes })
  return answers.some(({ allowed, verdict: how }) => allowed && how === 'cannotRun')
}

interface Left {
  readonly template: PodTemplate
  readonly images: readonly ImageFacts[]
  readonly reason: string
}

function leave(resource: Resource, { template, images, reason }: Left, context: Context): readonly ResourceEdit[] {
  const { nodes } = context.request.placement
  const failing = images.flatMap((image) => nodes.map((node) => verdict(image, node)))
  const first = failing.find((one) => one.verdict === 'cannotRun')
  if (!context.isWritten || first === undefined) return []
  const where = `${resourceName(resource.object)} (${locateInResource(resource, template.path)})`
  const text = `${where}: ${first.reason}, and no placement rule is written: ${reason}`
  context.request.emit({ type: 'warning', text, hint: 'build the image for every platform of the cluster' })
  return []
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
