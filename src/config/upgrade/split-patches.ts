import { valueOf, type Node } from '../node.ts'
import { readItems, readText } from '../read.ts'
import { givenAt, hasMember, listNode, setMember, textNode } from './edit.ts'
import { imageTemplates, strategyOf } from './split-helm.ts'
import type { StepContext } from './step.ts'

/** Paths of a profile's patches, moved to where the values went. Some become several: the others follow at the end. */
export function splitPatches(patches: Node, pipelines: readonly Node[], context: StepContext): Node {
  const moved = readItems(patches).map((patch) => movePatch(patch, pipelines, context))
  const items = [...moved.map(({ patch }) => patch), ...moved.flatMap(({ after }) => after)]
  return patches.kind === 'list' ? listNode(items, patches.at) : patches
}

interface Moved {
  readonly patch: Node
  /** Patches for the end of the list. */
  readonly after: readonly Node[]
}

const renamed: readonly (readonly [string, string])[] = [
  ['/deploy/kubectl/manifests', '/manifests/rawYaml'],
  ['/deploy/kustomize/paths', '/manifests/kustomize/paths'],
  ['/deploy/kustomize/buildArgs', '/manifests/kustomize/buildArgs'],
]

function movePatch(patch: Node, pipelines: readonly Node[], context: StepContext): Moved {
  const path = readText(valueOf(patch, 'path')) ?? ''
  const known = renamed.find(([from]) => path.includes(from))
  if (known !== undefined) return { patch: withPath(patch, path.replace(known[0], known[1])), after: [] }
  if (path.includes('/deploy/kpt')) {
    for (let times = 0; times < 4; times += 1) {
      context.warn('skip migrating kpt deploy sections. Please migrate these over manually')
    }
    return { patch, after: [] }
  }
  if (!path.includes('/deploy/helm') || path.includes('/deploy/helm/hooks')) return { patch, after: [] }
  const image = /^\/deploy\/helm\/releases\/(\d+)\/artifactOverrides\/image/.exec(path)
  if (image !== null) return moveImagePatch(patch, { release: Number(image[1]), pipelines, context })
  return { patch: withPath(patch, path.replace('/deploy/helm', '/manifests/helm')), after: [patch] }
}

interface ImagePatch {
  readonly release: number
  readonly pipelines: readonly Node[]
  readonly context: StepContext
}

/** The image's value becomes templates, as those of the release that the patch is about. */
function moveImagePatch(patch: Node, { release, pipelines, context }: ImagePatch): Moved {
  const withHelm = pipelines.filter((pipeline) => hasMember(valueOf(pipeline, 'deploy'), 'helm'))
  if (withHelm.length === 0) return { patch, after: [] }
  const value = valueOf(patch, 'value')
  const image = readText(value)
  if (value === undefined || image === undefined) {
    return context.fail(
      'transforming skaffold config: a patch of artifactOverrides has no value that is a text',
      patch.at,
    )
  }
  const releases = withHelm.map((pipeline) => readItems(givenAt(pipeline, 'deploy', 'helm', 'releases'))[release])
  const found = releases.find((one) => one !== undefined)
  if (found === undefined) {
    return context.fail(
      `transforming skaffold config: a patch is about release ${release}, which is not there`,
      patch.at,
    )
  }
  const base = `/manifests/helm/releases/${release}/setValueTemplates/image`
  const patches = imageTemplates(strategyOf(found), base, image).map(({ key, template }) =>
    setMember(withPath(patch, key), 'value', textNode(template, value.at)),
  )
  const [first = patch, ...after] = patches
  return { patch: first, after }
}

function withPath(patch: Node, path: string): Node {
  return setMember(patch, 'path', textNode(path, valueOf(patch, 'path')?.at ?? patch.at))
}
