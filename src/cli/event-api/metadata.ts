import type { Artifact, SkaffoldConfig } from '../../config/index.ts'
import type { Message } from './message-type.ts'

/** What a run works on. */
export interface RunFacts {
  readonly configs: readonly SkaffoldConfig[]
  /** Undefined where there is none. */
  readonly kubeContext: string | undefined
  readonly runId: string
}

const builderTypes: Readonly<Record<Artifact['builder']['kind'], string>> = {
  bazel: 'BAZEL',
  buildpacks: 'BUILDPACKS',
  custom: 'CUSTOM',
  docker: 'DOCKER',
  jib: 'JIB',
  kaniko: 'KANIKO',
  ko: 'KO',
}

/** The message `Metadata` of version 1. */
export function metadataV1(run: RunFacts): Message {
  const types = artifactsOf(run).map(({ builder }) => builderTypes[builder.kind])
  const builders = [...new Set(types)].map((type) => ({ type, count: types.filter((one) => one === type).length }))
  const build = { numberOfArtifacts: types.length, builders, type: buildTypeOf(run) }
  return { build, deploy: deployOf(run), test: testOf(run) }
}

/** The message `Metadata` of version 2. */
export function metadataV2(run: RunFacts): Message {
  const artifacts = artifactsOf(run).map(({ image, context, builder }) => ({
    type: builderTypes[builder.kind],
    name: image,
    context,
    dockerfile: 'dockerfile' in builder && typeof builder.dockerfile === 'string' ? builder.dockerfile : '',
  }))
  const build = { artifacts, type: buildTypeOf(run) }
  const render = { Renderers: renderersOf(run) }
  return { build, deploy: deployOf(run), test: testOf(run), runID: run.runId, render }
}

function artifactsOf({ configs }: RunFacts): readonly Artifact[] {
  return configs.flatMap(({ build }) => build.artifacts)
}

/** Of the first configuration: the message has room for one. */
function buildTypeOf({ configs: [first] }: RunFacts): string {
  if (first?.build.googleCloudBuild !== undefined) return 'GCB'
  return first?.build.cluster === undefined ? 'LOCAL' : 'CLUSTER'
}

function testOf({ configs }: RunFacts): Message {
  const cases = configs.flatMap(({ test = [] }) => test)
  const unit = cases.filter((one) => (one.custom ?? []).length > 0).length
  const structure = cases.filter((one) => (one.structureTests ?? []).length > 0).length
  return {
    Testers: counted([
      ['UNIT', unit],
      ['CONTAINER_STRUCTURE_TEST', structure],
    ]),
  }
}

function renderersOf({ configs }: RunFacts): readonly Message[] {
  const manifests = configs.map((config) => config.manifests)
  return counted([
    ['RAWK8S', manifests.filter(({ rawYaml }) => rawYaml !== undefined).length],
    ['KUSTOMIZE_MANIFEST', manifests.filter(({ kustomize }) => kustomize !== undefined).length],
    ['HELM_CHART', manifests.filter(({ helm }) => helm !== undefined).length],
    ['KPT_MANIFEST', manifests.filter(({ kpt }) => kpt !== undefined).length],
  ])
}

function deployOf({ configs, kubeContext }: RunFacts): Message {
  const releases = configs.flatMap(({ deploy }) => deploy.helm?.releases ?? []).length
  const others = configs.filter(({ deploy }) => deploy.helm === undefined).length
  const deployers = counted([
    ['HELM', releases],
    ['KUBECTL', others],
  ])
  return { deployers, cluster: clusterTypeOf(kubeContext) }
}

function clusterTypeOf(kubeContext: string | undefined): string {
  if (kubeContext === undefined) return 'UNKNOWN_CLUSTER_TYPE'
  if (kubeContext.includes('minikube')) return 'MINIKUBE'
  return kubeContext.startsWith('gke') ? 'GKE' : 'OTHER'
}

function counted(counts: readonly (readonly [string, number])[]): readonly Message[] {
  return counts.flatMap(([type, count]) => (count === 0 ? [] : [{ type, count }]))
}
