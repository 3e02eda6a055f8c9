import { valueOf, type Node } from '../node.ts'
import { readBoolean, readItems, readText } from '../read.ts'
import {
  booleanNode,
  changeAt,
  changeItems,
  givenAt,
  hasMember,
  itemsOf,
  listNode,
  mapNode,
  removeMember,
  renameMember,
  setMember,
  textNode,
} from './edit.ts'
import { inArtifacts, inPipelines, inTurn, type Step } from './step.ts'
import { upgradeSync } from './sync.ts'

/** The steps up to skaffold/v1 that do more than add fields, by the version that they lead to. */
export const stepsToV1: Readonly<Record<string, Step>> = {
  'skaffold/v1alpha2': (root, context) => {
    if (givenAt(root, 'deploy', 'kubectl') !== undefined) {
      context.warn(
        'Ignoring manifest parameters when transforming v1alpha1 config; check Kubernetes yaml before running skaffold',
      )
    }
    const deployed = changeAt(root, ['deploy'], (deploy) => removeMember(deploy, 'name'))
    const tagged = changeAt(deployed, ['build'], (build) => setMember(build, 'tagPolicy', tagPolicyBlock(build)))
    const paths = changeAt(tagged, ['deploy', 'kubectl', 'manifests'], (list) =>
      listNode(
        readItems(list).flatMap((manifest) => itemsOf(manifest, 'paths')),
        list.at,
      ),
    )
    return changeItems(paths, ['build', 'artifacts'], dockerBlock)
  },
  'skaffold/v1alpha3': (root, context) => {
    const valued = inPipelines((pipeline) => changeItems(pipeline, ['deploy', 'helm', 'releases'], valuesFiles))(
      root,
      context,
    )
    const main = changeAt(valued, ['build', 'kaniko'], (kaniko) => moveBucket(kaniko))
    return changeItems(main, ['profiles'], (profile) =>
      changeAt(profile, ['build', 'kaniko'], (kaniko) => removeMember(kaniko, 'gcsBucket')),
    )
  },
  'skaffold/v1alpha4': inTurn(
    inArtifacts((artifact) =>
      changeAt(
        renameMember(renameMember(artifact, 'imageName', 'image'), 'workspace', 'context'),
        ['docker'],
        (docker) => renameMember(docker, 'dockerfilePath', 'dockerfile'),
      ),
    ),
    inPipelines((pipeline) =>
      changeAt(
        changeAt(pipeline, ['deploy', 'kustomize'], (kustomize) => renameMember(kustomize, 'kustomizePath', 'path')),
        ['build', 'local'],
        negatedPush,
      ),
    ),
  ),
  'skaffold/v1beta1': (root, context) => {
    const main = valueOf(valueOf(root, 'build'), 'acr')
    const start = "can't upgrade to skaffold/v1beta1,"
    if (main !== undefined) {
      context.fail(`${start} build.acr is not supported anymore, please remove it manually`, main.at)
    }
    for (const profile of itemsOf(root, 'profiles')) {
      const acr = valueOf(valueOf(profile, 'build'), 'acr')
      const name = readText(valueOf(profile, 'name')) ?? ''
      if (acr === undefined) continue
      context.fail(
        `${start} profiles.build.acr is not supported anymore, please remove it from the ${name} profile manually`,
        acr.at,
      )
    }
    return root
  },
  // a plain boolean until here: when it was not written it was false
  'skaffold/v1beta5': inPipelines((pipeline) =>
    changeAt(pipeline, ['build', 'local'], (local) =>
      local.kind === 'map' && !hasMember(local, 'useBuildkit')
        ? setMember(local, 'useBuildkit', booleanNode(false, local.at))
        : local,
    ),
  ),
  'skaffold/v1beta7': inPipelines(splitKaniko),
  'skaffold/v1beta9': inTurn(inArtifacts(pluginBlock), inPipelines(environmentBlock)),
  'skaffold/v1beta10': inPipelines(upgradeSync),
  'skaffold/v1beta14': inArtifacts(jibBlock),
}

function tagPolicyBlock(build: Node): Node | undefined {
  const policy = givenAt(build, 'tagPolicy')
  const name = readText(policy)
  if (policy === undefined || (name !== 'sha256' && name !== 'gitCommit')) return undefined
  return mapNode({ [name]: mapNode({}, policy.at) }, policy.at)
}

function dockerBlock(artifact: Node): Node {
  const [dockerfilePath, buildArgs] = [givenAt(artifact, 'dockerfilePath'), givenAt(artifact, 'buildArgs')]
  const bare = removeMember(artifact, 'dockerfilePath', 'buildArgs')
  if (dockerfilePath === undefined && buildArgs === undefined) return bare
  return setMember(bare, 'docker', mapNode({ dockerfilePath, buildArgs }, (dockerfilePath ?? buildArgs ?? artifact).at))
}

function valuesFiles(release: Node): Node {
  const file = givenAt(release, 'valuesFilePath')
  const bare = removeMember(release, 'valuesFilePath')
  return file === undefined || readText(file) === undefined
    ? bare
    : setMember(bare, 'valuesFiles', listNode([file], file.at))
}

function moveBucket(kaniko: Node): Node {
  const gcsBucket = givenAt(kaniko, 'gcsBucket')
  if (gcsBucket === undefined) return kaniko
  return setMember(removeMember(kaniko, 'gcsBucket'), 'buildContext', mapNode({ gcsBucket }, gcsBucket.at))
}

function negatedPush(local: Node): Node {
  const skip = givenAt(local, 'skipPush')
  const bare = removeMember(local, 'skipPush')
  return skip === undefined ? bare : setMember(bare, 'push', booleanNode(readBoolean(skip) !== true, skip.at))
}

const artifactPart = ['flags', 'buildContext', 'image', 'cache']
const clusterPart = ['pullSecret', 'pullSecretName', 'namespace', 'timeout', 'dockerConfig']

function splitKaniko(pipeline: Node): Node {
  const kaniko = givenAt(pipeline, 'build', 'kaniko')
  if (kaniko === undefined) return changeAt(pipeline, ['build'], (build) => removeMember(build, 'kaniko'))
  const part = (keys: readonly string[]): Node =>
    mapNode(Object.fromEntries(keys.map((key) => [key, givenAt(kaniko, key)])), kaniko.at)
  const split = changeAt(pipeline, ['build'], (build) =>
    setMember(removeMember(build, 'kaniko'), 'cluster', part(clusterPart)),
  )
  return changeItems(split, ['build', 'artifacts'], (artifact) => setMember(artifact, 'kaniko', part(artifactPart)))
}

function pluginBlock(artifact: Node): Node {
  const plugin = givenAt(artifact, 'plugin')
  const bare = removeMember(artifact, 'plugin')
  const name = readText(valueOf(plugin, 'name'))
  if (plugin === undefined || (name !== 'bazel' && name !== 'docker')) return bare
  return setMember(bare, name, givenAt(plugin, 'properties') ?? mapNode({}, plugin.at))
}

function environmentBlock(pipeline: Node): Node {
  return changeAt(pipeline, ['build'], (build) => {
    const environment = givenAt(build, 'executionEnvironment')
    const bare = removeMember(build, 'executionEnvironment')
    const name = readText(valueOf(environment, 'name'))
    if (environment === undefined || (name !== 'googleCloudBuild' && name !== 'local')) return bare
    return setMember(bare, name, givenAt(environment, 'properties') ?? mapNode({}, environment.at))
  })
}

function jibBlock(artifact: Node): Node {
  const maven = givenAt(artifact, 'jibMaven')
  const gradle = givenAt(artifact, 'jibGradle')
  const bare = removeMember(artifact, 'jibMaven', 'jibGradle')
  if (maven !== undefined) {
    const profile = givenAt(maven, 'profile')
    const flags = profile === undefined ? [] : [textNode('--activate-profiles', profile.at), profile]
    const args = [...itemsOf(maven, 'args'), ...flags]
    return setMember(bare, 'jib', jib(maven, { project: givenAt(maven, 'module'), args, type: 'maven' }))
  }
  if (gradle === undefined) return bare
  const args = itemsOf(gradle, 'args')
  return setMember(bare, 'jib', jib(gradle, { project: givenAt(gradle, 'project'), args, type: 'gradle' }))
}

interface Jib {
  readonly project: Node | undefined
  readonly args: readonly Node[]
  readonly type: string
}

function jib(from: Node, { project, args, type }: Jib): Node {
  const list = args.length === 0 ? undefined : listNode(args, from.at)
  return mapNode({ project, args: list, type: textNode(type, from.at) }, from.at)
}
