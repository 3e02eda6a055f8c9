import { isNull, valueOf, type Node } from './node.ts'
import { readInteger, readItems, readText } from './read.ts'
import { changeAt, changeItems, givenAt, listNode, mapNode, setMember, textNode } from './upgrade/edit.ts'

/** Sets what Skaffold sets where nothing was written. Profiles are applied. */
export function withDefaults(root: Node): Node {
  const sections = ['build', 'deploy'].reduce((result, key) => orEmpty(result, key), root)
  const built = changeAt(sections, ['build'], buildDefaults)
  const deployed = changeAt(built, ['deploy'], deployDefaults)
  const tested = changeItems(deployed, ['test'], (one) => texts(one, { context: '.' }))
  return changeItems(tested, ['portForward'], portForwardDefaults)
}

function buildDefaults(build: Node): Node {
  const hasEnvironment = ['local', 'googleCloudBuild', 'cluster'].some((key) => givenAt(build, key) !== undefined)
  const placed = hasEnvironment ? build : setMember(build, 'local', mapNode({}, build.at))
  const isInCluster = givenAt(placed, 'cluster') !== undefined
  const artifacts = changeItems(placed, ['artifacts'], (artifact) => artifactDefaults(artifact, isInCluster))
  const isBuilding = readItems(valueOf(artifacts, 'artifacts')).length > 0
  const local = changeAt(artifacts, ['local'], (node) => (isBuilding ? texts(node, { concurrency: '1' }) : node))
  const remote = changeAt(local, ['googleCloudBuild'], (node) => texts(node, cloudBuild))
  const cluster = changeAt(remote, ['cluster'], clusterDefaults)
  return givenTagPolicy(cluster) ? cluster : setMember(cluster, 'tagPolicy', gitCommit(build.at))
}

/** A secret that is made has a name; one of its own for each run where that was asked for. */
function clusterDefaults(cluster: Node): Node {
  const placed = texts(cluster, clusterBuild)
  const isRandom = (key: string): boolean => readText(valueOf(placed, key)) === 'true'
  const pulls = readText(valueOf(placed, 'pullSecretPath')) !== undefined && !isRandom('randomPullSecret')
  const named = pulls ? texts(placed, { pullSecretName: 'kaniko-secret' }) : placed
  if (isRandom('randomDockerConfigSecret')) return named
  return changeAt(named, ['dockerConfig'], (config) => texts(config, { secretName: 'docker-cfg' }))
}

function givenTagPolicy(build: Node): boolean {
  const policy = valueOf(build, 'tagPolicy')
  return policy?.kind === 'map' && policy.entries.some(({ value }) => !isNull(value))
}

function gitCommit(at: number): Node {
  return mapNode({ gitCommit: mapNode({}, at) }, at)
}

const kaniko = 'gcr.io/kaniko-project/executor:latest'
const cloudBuild = {
  dockerImage: 'gcr.io/cloud-builders/docker',
  kanikoImage: kaniko,
  mavenImage: 'gcr.io/cloud-builders/mvn',
  gradleImage: 'gcr.io/cloud-builders/gradle',
  packImage: 'gcr.io/k8s-skaffold/pack',
  koImage: 'gcr.io/k8s-skaffold/skaffold',
}
const defaultBuilder = 'gcr.io/buildpacks/builder:v1'
const clusterBuild = { namespace: 'default', pullSecretMountPath: '/secret', timeout: '20m' }
const kanikoBuild = {
  buildContextCompressionLevel: '1',
  copyMaxRetries: '3',
  copyTimeout: '5m',
  digestFile: '/dev/termination-log',
  dockerfile: 'Dockerfile',
  image: kaniko,
  initImage: 'gcr.io/k8s-skaffold/skaffold-helpers/busybox',
}
const builders = ['docker', 'bazel', 'ko', 'jib', 'kaniko', 'buildpacks', 'custom']

function artifactDefaults(artifact: Node, isInCluster: boolean): Node {
  const placed = texts(artifact, { context: '.' })
  const builder = builders.find((name) => givenAt(placed, name) !== undefined)
  const chosen = builder ?? (isInCluster ? 'kaniko' : 'docker')
  const added = isInCluster && chosen !== 'custom' && chosen !== 'buildpacks' ? 'kaniko' : chosen
  const typed = givenAt(placed, added) === undefined ? setMember(placed, added, mapNode({}, artifact.at)) : placed
  const isAuto = chosen === 'buildpacks' && givenAt(typed, 'sync') === undefined
  const watched = isAuto ? setMember(typed, 'sync', mapNode({}, artifact.at)) : typed
  const synced = changeAt(watched, ['sync'], (sync) => syncDefaults(sync, chosen))
  return changeAt(synced, [chosen], (node) => builderDefaults(node, chosen))
}

function builderDefaults(node: Node, builder: string): Node {
  if (builder === 'docker') return texts(node, { dockerfile: 'Dockerfile' })
  if (builder === 'kaniko') {
    const cached = changeAt(node, ['cache'], (cache) => texts(cache, { cacheRunLayers: 'true' }))
    return texts(cached, kanikoBuild)
  }
  if (builder === 'buildpacks') {
    const placed = texts(node, { builder: defaultBuilder, projectDescriptor: 'project.toml' })
    const isChosen = givenAt(node, 'builder') !== undefined
    return allFiles(isChosen ? placed : texts(placed, { trustBuilder: 'true' }))
  }
  return builder === 'custom' ? allFiles(node) : node
}

function allFiles(node: Node): Node {
  if (givenAt(node, 'dependencies') !== undefined) return node
  const paths = listNode([textNode('.', node.at)], node.at)
  return setMember(node, 'dependencies', mapNode({ paths }, node.at))
}

function syncDefaults(sync: Node, builder: string): Node {
  if (['manual', 'infer', 'auto'].some((key) => givenAt(sync, key) !== undefined)) return sync
  const written = sync.kind === 'map' ? sync : mapNode({}, sync.at)
  if (builder === 'jib' || builder === 'buildpacks') return texts(written, { auto: 'true' })
  return setMember(written, 'infer', listNode([textNode('**/*', sync.at)], sync.at))
}

function deployDefaults(deploy: Node): Node {
  const logged = changeAt(orEmpty(deploy, 'logs'), ['logs'], (logs) => texts(logs, { prefix: 'container' }))
  return changeAt(logged, ['helm'], (helm) => texts(helm, { concurrency: '1' }))
}

function portForwardDefaults(forward: Node): Node {
  const port = valueOf(forward, 'port')
  const isNumber = port !== undefined && readInteger(port) !== undefined
  const local =
    isNumber && readInteger(valueOf(forward, 'localPort')) === undefined
      ? setMember(forward, 'localPort', port)
      : forward
  return texts(local, { address: '127.0.0.1' })
}

/** The mapping with plain values for the members that were not written; an empty text sets nothing. */
function texts(node: Node, members: Readonly<Record<string, string>>): Node {
  const map = node.kind === 'map' ? node : mapNode({}, node.at)
  return Object.entries(members).reduce<Node>((result, [key, text]) => {
    const isWritten = readText(valueOf(result, key)) !== undefined
    return isWritten || text === ''
      ? result
      : setMember(result, key, { kind: 'scalar', text, plain: true, at: node.at })
  }, map)
}

function orEmpty(node: Node, key: string): Node {
  return givenAt(node, key) === undefined ? setMember(node, key, mapNode({}, node.at)) : node
}
