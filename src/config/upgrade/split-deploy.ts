import { isNull, sameValue, valueOf, type Node } from '../node.ts'
import { readBoolean, readItems } from '../read.ts'
import { changeAt, changeItems, givenAt, listNode, mapNode, removeMember, setMember, textNode } from './edit.ts'
import { splitHelm } from './split-helm.ts'
import { splitPatches } from './split-patches.ts'
import { inPipelines, type PipelineChange, type Step, type StepContext } from './step.ts'
import { joinedLists } from './steps-v2.ts'

type Labelled = StepContext & { readonly label: string }

const splitPipeline: PipelineChange = (pipeline, context) => {
  const deploy = valueOf(pipeline, 'deploy')
  if (deploy?.kind !== 'map') return pipeline
  const kpt = valueOf(deploy, 'kpt')
  if (kpt !== undefined && !isNull(kpt)) {
    const cause = "converting deploy.kpt isn't currently supported"
    context.fail(`transforming skaffold config: upgrading ${context.label}: ${cause}`, kpt.at)
  }
  const helm = givenAt(deploy, 'helm')
  const placed = helm === undefined ? undefined : splitHelm(helm)
  const members = { ...renderersOf(deploy), helm: placed?.render }
  const manifests = Object.values(members).every((member) => member === undefined)
    ? undefined
    : mapNode(members, deploy.at)
  const kubectl = kubectlOf(deploy, context)
  const rest = setMember(setMember(removeMember(deploy, 'kustomize'), 'kubectl', kubectl), 'helm', placed?.deploy)
  return setMember(setMember(pipeline, 'deploy', rest), 'manifests', manifests)
}

/**
 * skaffold/v2beta29 → skaffold/v3alpha1: `deploy` splits into what renders (`manifests`) and what deploys. Applied to the main
 * pipeline and to that of each profile, then to the paths of patches.
 */
export const splitDeploy: Step = (root, context) => {
  const split = inPipelines(splitPipeline)(root, context)
  const pipelines = [root, ...readItems(valueOf(root, 'profiles'))]
  return changeItems(split, ['profiles'], (profile) =>
    changeAt(profile, ['patches'], (patches) => splitPatches(patches, pipelines, context)),
  )
}

function renderersOf(deploy: Node): Record<string, Node | undefined> {
  const kustomize = valueOf(deploy, 'kustomize')
  const rawYaml = givenAt(deploy, 'kubectl', 'manifests')
  return {
    rawYaml: readItems(rawYaml).length === 0 ? undefined : rawYaml,
    kustomize: kustomize === undefined || isNull(kustomize) ? undefined : rendererOf(kustomize),
  }
}

function rendererOf(kustomize: Node): Node {
  const paths = givenAt(kustomize, 'paths')
  const written = readItems(paths).length === 0 ? listNode([textNode('.', kustomize.at)], kustomize.at) : paths
  return mapNode({ paths: written, buildArgs: givenAt(kustomize, 'buildArgs') }, kustomize.at)
}

/** kubectl's settings, and those of kustomize, whose output kubectl applies from here on. */
function kubectlOf(deploy: Node, context: Labelled): Node | undefined {
  const kubectl = givenAt(deploy, 'kubectl')
  const kustomize = givenAt(deploy, 'kustomize')
  if (kustomize === undefined) return kubectl === undefined ? undefined : removeMember(kubectl, 'manifests')
  const own = removeMember(kubectl ?? mapNode({}, kustomize.at), 'manifests')
  const sources = { kubectl, kustomize }
  const joined = setMember(own, 'defaultNamespace', sharedNamespace(sources, context))
  return setMember(setMember(joined, 'flags', sharedFlags(sources, context)), 'hooks', sharedHooks(sources))
}

interface Sources {
  readonly kubectl: Node | undefined
  readonly kustomize: Node
}

function sharedNamespace({ kubectl, kustomize }: Sources, context: Labelled): Node | undefined {
  const [first, second] = [givenAt(kubectl, 'defaultNamespace'), givenAt(kustomize, 'defaultNamespace')]
  if (first !== undefined && second !== undefined && !sameValue(first, second)) {
    refuse('defaultNamespace', second, context)
  }
  return first ?? second
}

function sharedFlags({ kubectl, kustomize }: Sources, context: Labelled): Node | undefined {
  const [first, second] = [givenAt(kubectl, 'flags'), givenAt(kustomize, 'flags')]
  const [own, other] = [first, second].map((flags) => readBoolean(valueOf(flags, 'disableValidation')) === true)
  if (kubectl !== undefined && own !== other) refuse('disableValidation', second ?? kustomize, context)
  if (first === undefined && second === undefined) return undefined
  const lists = ['global', 'apply', 'delete'].map((key): [string, Node | undefined] => [
    key,
    joinedLists(first, second, key),
  ])
  const disable = givenAt(second, 'disableValidation') ?? givenAt(first, 'disableValidation')
  return mapNode({ ...Object.fromEntries(lists), disableValidation: disable }, (first ?? second ?? kustomize).at)
}

function sharedHooks({ kubectl, kustomize }: Sources): Node | undefined {
  const [first, second] = [givenAt(kubectl, 'hooks'), givenAt(kustomize, 'hooks')]
  if (first === undefined && second === undefined) return undefined
  const lists = ['before', 'after'].map((key): [string, Node | undefined] => [key, joinedLists(first, second, key)])
  return mapNode(Object.fromEntries(lists), (first ?? second ?? kustomize).at)
}

function refuse(property: string, node: Node, context: Labelled): never {
  const cause = `can't merge ${property} property from kustomize into kubectl deployer, property is already set with different value`
  return context.fail(`transforming skaffold config: upgrading ${context.label}: ${cause}`, node.at)
}
