import { valueOf, type Node } from '../node.ts'
import { readText } from '../read.ts'
import { splitDeploy } from './split-deploy.ts'
import { changeAt, changeItems, givenAt, listNode, mapNode, removeMember, renameMember, setMember } from './edit.ts'
import { inArtifacts, inPipelines, type Step } from './step.ts'

/** The steps from skaffold/v3alpha1 on that do more than add fields, by the version that they lead to. */
export const stepsToV4: Readonly<Record<string, Step>> = {
  'skaffold/v3alpha1': splitDeploy,
  'skaffold/v4beta1': inPipelines((pipeline) => {
    const list = givenAt(pipeline, 'deploy', 'kubectl', 'remoteManifests')
    const bare = changeAt(pipeline, ['deploy', 'kubectl'], (kubectl) => removeMember(kubectl, 'remoteManifests'))
    if (list?.kind !== 'list' || list.items.length === 0) return bare
    const kubeContext = givenAt(pipeline, 'deploy', 'kubeContext')
    const remote = list.items.map((manifest) => mapNode({ manifest, kubeContext }, manifest.at))
    const manifests = givenAt(bare, 'manifests') ?? mapNode({}, list.at)
    return setMember(bare, 'manifests', setMember(manifests, 'remoteManifests', listNode(remote, list.at)))
  }),
  'skaffold/v4beta4': inPipelines((pipeline) =>
    changeItems(pipeline, ['verify'], (verify) => changeAt(verify, ['container'], plainContainer)),
  ),
  'skaffold/v4beta5': inArtifacts((artifact) =>
    changeAt(artifact, ['kaniko'], (kaniko) => removeMember(kaniko, 'noPush')),
  ),
  'skaffold/v4beta8': inPipelines((pipeline) =>
    changeAt(pipeline, ['deploy', 'kpt'], (kpt) => renameMember(kpt, 'false', 'force')),
  ),
}

/** A Kubernetes container of which five members are left. */
function plainContainer(container: Node): Node {
  const env = valueOf(container, 'env')
  const kept = ['name', 'image', 'command', 'args'].map((key): [string, Node | undefined] => [
    key,
    givenAt(container, key),
  ])
  const variables =
    env?.kind === 'list'
      ? listNode(
          env.items.map((one) => mapNode({ name: givenAt(one, 'name'), value: givenText(one, 'value') }, one.at)),
          env.at,
        )
      : undefined
  return mapNode({ ...Object.fromEntries(kept), env: variables }, container.at)
}

function givenText(node: Node, key: string): Node | undefined {
  const value = valueOf(node, key)
  return readText(value) === undefined ? undefined : value
}
