import { valueOf, type Node } from '../node.ts'
import { readBoolean, readInteger, readItems, readText } from '../read.ts'
import {
  booleanNode,
  changeAt,
  changeItems,
  givenAt,
  itemsOf,
  listNode,
  mapNode,
  removeMember,
  renameMember,
  setMember,
} from './edit.ts'
import { inArtifacts, inPipelines, inTurn, type Step } from './step.ts'

/** The steps up to skaffold/v2beta29 that do more than add fields, by the version that they lead to. */
export const stepsToV2: Readonly<Record<string, Step>> = {
  'skaffold/v2alpha2': inArtifacts((artifact) =>
    changeAt(artifact, ['kaniko'], (kaniko) => {
      const initImage = givenAt(kaniko, 'buildContext', 'localDir', 'initImage')
      const bare = removeMember(kaniko, 'buildContext')
      return initImage === undefined ? bare : setMember(bare, 'initImage', initImage)
    }),
  ),
  'skaffold/v2alpha3': inTurn(
    inPipelines((pipeline) => changeAt(pipeline, ['deploy', 'kustomize'], pathsOfPath)),
    inArtifacts((artifact) => changeAt(artifact, ['buildpack'], (buildpack) => removeMember(buildpack, 'forcePull'))),
  ),
  'skaffold/v2beta4': inReleases((release) => renameMember(release, 'values', 'artifactOverrides')),
  'skaffold/v2beta5': inTurn(
    inPipelines((pipeline) =>
      changeAt(pipeline, ['build', 'cluster'], (cluster) => renameMember(cluster, 'pullSecret', 'pullSecretPath')),
    ),
    inArtifacts((artifact) => renameMember(artifact, 'buildpack', 'buildpacks')),
  ),
  'skaffold/v2beta8': inPipelines((pipeline) => changeAt(pipeline, ['deploy', 'kpt'], kptOfV2beta8)),
  'skaffold/v2beta9': inArtifacts((artifact) =>
    changeAt(
      changeAt(artifact, ['kaniko'], (kaniko) => removeMember(kaniko, 'flags')),
      ['sync', 'auto'],
      (auto) => booleanNode(true, auto.at),
    ),
  ),
  'skaffold/v2beta10': inPipelines((pipeline) =>
    changeItems(pipeline, ['portForward'], (forward) => changeAt(forward, ['port'], numberOfText)),
  ),
  'skaffold/v2beta13': inReleases((release) => {
    const isRemote = readBoolean(valueOf(release, 'remote')) === true
    const bare = removeMember(release, 'remote')
    return isRemote ? renameMember(bare, 'chartPath', 'remoteChart') : bare
  }),
  'skaffold/v2beta17': inArtifacts((artifact, context) =>
    changeAt(artifact, ['docker', 'secret'], (secret) => {
      const target = readText(valueOf(secret, 'dst'))
      const image = readText(valueOf(artifact, 'image')) ?? ''
      if (target !== undefined) {
        context.warn(`Artifact "${image}": Docker secret destination is no longer supported: "${target}"`)
      }
      return removeMember(secret, 'dst')
    }),
  ),
  'skaffold/v2beta23': inArtifacts((artifact) =>
    changeAt(artifact, ['docker'], (docker) => {
      const secret = givenAt(docker, 'secret')
      const bare = removeMember(docker, 'secret')
      return secret === undefined ? bare : setMember(bare, 'secrets', listNode([secret], secret.at))
    }),
  ),
  'skaffold/v2beta28': inArtifacts((artifact) => {
    const platforms = givenAt(artifact, 'ko', 'platforms')
    const bare = changeAt(artifact, ['ko'], (ko) => removeMember(ko, 'platforms'))
    return readItems(platforms).length === 0 ? bare : setMember(bare, 'platforms', platforms)
  }),
}

function inReleases(change: (release: Node) => Node): Step {
  return inPipelines((pipeline) => changeItems(pipeline, ['deploy', 'helm', 'releases'], change))
}

function pathsOfPath(kustomize: Node): Node {
  const path = givenAt(kustomize, 'path')
  const bare = removeMember(kustomize, 'path')
  return path === undefined || readText(path) === undefined ? bare : setMember(bare, 'paths', listNode([path], path.at))
}

/** Only the folder and the function are carried over. */
function kptOfV2beta8(kpt: Node): Node {
  const fn = givenAt(kpt, 'fn')
  const kept = ['fnPath', 'image', 'networkName', 'globalScope', 'network', 'mount']
  const members = Object.fromEntries(kept.map((key) => [key, givenAt(fn, key)]))
  return mapNode({ dir: givenAt(kpt, 'dir'), fn: fn === undefined ? undefined : mapNode(members, fn.at) }, kpt.at)
}

function numberOfText(port: Node): Node {
  if (port.kind !== 'scalar') return port
  return readInteger({ ...port, plain: true }) === undefined ? port : { ...port, plain: true }
}

/** The items of a list member, for the steps that join lists. */
export function joinedLists(left: Node | undefined, right: Node | undefined, key: string): Node | undefined {
  const items = [...itemsOf(left, key), ...itemsOf(right, key)]
  const [first] = items
  return first === undefined ? undefined : listNode(items, first.at)
}
