import { argoPods } from './custom/argo.ts'
import type { FindPods } from './custom/contract.ts'
import { nodePoolPods, templatedPods } from './custom/operators.ts'
import { sparkConnectPods, sparkPods } from './custom/spark.ts'
import { pipelineRunPods, taskRunPods } from './custom/tekton.ts'
import { trainJobPods } from './custom/train-job.ts'
import { groupKind, type ResourceObject } from './resource.ts'

/** What is known about a kind that holds containers. Paths are dotted; `*` stands for every item of a list or map. */
export interface KindFacts {
  /** Paths of pod specs that the scheduler will see, so that placement rules may be written there. */
  readonly podSpecs: readonly string[]
  /** Paths of objects with containers that take no placement rule. */
  readonly containersOnly: readonly string[]
  /** Pods whose spec the object does not hold, but whose rules it does. */
  readonly pods?: FindPods
  /** The operator refuses placement rules in its pod specs unless it is told to take them. */
  readonly flags?: 'knative'
  /** Paths of further image names. */
  readonly images: readonly string[]
  /** Every string below a key `image` is an image name. */
  readonly everyImageKey: boolean
  /** What makes a kind take placement rules that it refuses as it comes. */
  readonly placementHint?: string
  /** Whether labels may be set on the pod templates: some kinds refuse any later change of a template. */
  readonly mutableTemplates: boolean
}

/** The facts of an object's kind; undefined for a kind that is not known to hold containers. */
export function kindFacts(object: Pick<ResourceObject, 'apiVersion' | 'kind'>): KindFacts | undefined {
  const name = groupKind(object)
  const facts = Object.hasOwn(kinds, name) ? kinds[name] : undefined
  if (facts !== undefined) return facts
  return name.endsWith('.cnrm.cloud.google.com') ? everyImage : undefined
}

const nothing: KindFacts = {
  podSpecs: [],
  containersOnly: [],
  images: [],
  everyImageKey: false,
  mutableTemplates: true,
}

const everyImage: KindFacts = { ...nothing, everyImageKey: true }
const template = pods('spec.template.spec')
const frozenTemplate: KindFacts = { ...template, mutableTemplates: false }
const confluent: KindFacts = { ...nothing, images: ['spec.image.application', 'spec.image.init'] }

function pods(...podSpecs: readonly string[]): KindFacts {
  return { ...nothing, podSpecs }
}

/** The autoscaler runs beside the head, in its pod. */
function ray(at: string, ...more: readonly string[]): KindFacts {
  const groups = frozen(`${at}.headGroupSpec.template.spec`, `${at}.workerGroupSpecs.*.template.spec`, ...more)
  return { ...groups, images: [`${at}.autoscalerOptions.image`] }
}

function frozen(...podSpecs: readonly string[]): KindFacts {
  return { ...nothing, podSpecs, mutableTemplates: false }
}

const knative: KindFacts = { ...frozenTemplate, flags: 'knative' }
const virtualMachine = pods('spec.template.spec')
const spark: KindFacts = {
  ...nothing,
  images: [
    'spec.image',
    'spec.driver.image',
    'spec.executor.image',
    'spec.driver.initContainers.*.image',
    'spec.executor.initContainers.*.image',
    'spec.driver.sidecars.*.image',
    'spec.executor.sidecars.*.image',
    'spec.driver.template.spec.initContainers.*.image',
    'spec.driver.template.spec.containers.*.image',
    'spec.executor.template.spec.initContainers.*.image',
    'spec.executor.template.spec.containers.*.image',
  ],
  pods: sparkPods(['spec']),
}
const sparkConnect: KindFacts = {
  ...nothing,
  images: [
    'spec.image',
    'spec.server.template.spec.initContainers.*.image',
    'spec.server.template.spec.containers.*.image',
    'spec.executor.template.spec.initContainers.*.image',
    'spec.executor.template.spec.containers.*.image',
  ],
  pods: sparkConnectPods,
}

/** Images anywhere in the object, rules per template. */
function argo(...at: readonly string[]): KindFacts {
  return { ...everyImage, pods: argoPods(at) }
}

function strimzi(...parts: readonly string[]): KindFacts {
  const rows = parts.map((part) => ({
    rules: `${part}.template.pod`,
    images: strimziImages[part] ?? [`${part}.image`],
  }))
  return { ...nothing, images: rows.flatMap(({ images }) => images), pods: templatedPods(rows) }
}

const strimziImages: Readonly<Record<string, readonly string[]>> = {
  'spec.entityOperator': ['spec.entityOperator.topicOperator.image', 'spec.entityOperator.userOperator.image'],
}
const tektonDefinition: KindFacts = {
  ...everyImage,
  placementHint:
    'write the rule into podTemplate of the TaskRun, or taskRunTemplate.podTemplate of the PipelineRun, that starts it: one that is deployed along with it gets its rule by itself',
}
const trainJob: KindFacts = {
  ...nothing,
  images: ['spec.trainer.image', 'spec.initializer.dataset.image', 'spec.initializer.model.image'],
  pods: trainJobPods,
}
const imagePull: KindFacts = {
  ...nothing,
  images: ['spec.image', 'spec.images.*', 'spec.template.image'],
  placementHint: 'select the nodes with spec.selector.matchLabels, for example kubernetes.io/arch: amd64',
}

/** By `Kind.group`; the core group has no suffix. */
const kinds: Readonly<Record<string, KindFacts>> = {
  Pod: pods('spec'),
  PodTemplate: pods('template.spec'),
  ReplicationController: template,

  'Deployment.apps': template,
  'ReplicaSet.apps': template,
  'StatefulSet.apps': template,
  'DaemonSet.apps': template,
  'Deployment.extensions': template,
  'ReplicaSet.extensions': template,
  'DaemonSet.extensions': template,
  'Job.batch': frozenTemplate,
  'CronJob.batch': pods('spec.jobTemplate.spec.template.spec'),

  'Rollout.argoproj.io': template,
  'Experiment.argoproj.io': frozen('spec.templates.*.template.spec'),
  'AnalysisTemplate.argoproj.io': frozen('spec.metrics.*.provider.job.spec.template.spec'),
  'ClusterAnalysisTemplate.argoproj.io': frozen('spec.metrics.*.provider.job.spec.template.spec'),
  'Workflow.argoproj.io': argo('spec'),
  'CronWorkflow.argoproj.io': argo('spec', 'workflowSpec'),
  'WorkflowTemplate.argoproj.io': argo('spec'),
  'ClusterWorkflowTemplate.argoproj.io': argo('spec'),

  'JobSet.jobset.x-k8s.io': frozen('spec.replicatedJobs.*.template.spec.template.spec'),
  'LeaderWorkerSet.leaderworkerset.x-k8s.io': pods(
    'spec.leaderWorkerTemplate.leaderTemplate.spec',
    'spec.leaderWorkerTemplate.workerTemplate.spec',
  ),
  'Job.batch.volcano.sh': frozen('spec.tasks.*.template.spec'),
  'CronJob.batch.volcano.sh': pods('spec.jobTemplate.spec.tasks.*.template.spec'),
  'JobTemplate.flow.volcano.sh': frozen('spec.tasks.*.template.spec'),

  'CloneSet.apps.kruise.io': template,
  'StatefulSet.apps.kruise.io': template,
  'DaemonSet.apps.kruise.io': template,
  'BroadcastJob.apps.kruise.io': frozenTemplate,
  'AdvancedCronJob.apps.kruise.io': pods(
    'spec.template.jobTemplate.spec.template.spec',
    'spec.template.broadcastJobTemplate.spec.template.spec',
  ),
  'UnitedDeployment.apps.kruise.io': pods(
    'spec.template.statefulSetTemplate.spec.template.spec',
    'spec.template.advancedStatefulSetTemplate.spec.template.spec',
    'spec.template.cloneSetTemplate.spec.template.spec',
    'spec.template.deploymentTemplate.spec.template.spec',
  ),
  'SidecarSet.apps.kruise.io': {
    ...nothing,
    containersOnly: ['spec'],
    placementHint: 'its containers run in pods of others: use images for every platform that those run on',
  },
  'EphemeralJob.apps.kruise.io': {
    ...nothing,
    containersOnly: ['spec.template'],
    placementHint: 'its containers run in pods of others: use images for every platform that those run on',
  },
  'ImagePullJob.apps.kruise.io': imagePull,
  'ImageListPullJob.apps.kruise.io': imagePull,
  'GameServerSet.game.kruise.io': pods('spec.gameServerTemplate.spec'),

  'RayCluster.ray.io': ray('spec'),
  'RayJob.ray.io': ray('spec.rayClusterSpec', 'spec.submitterPodTemplate.spec'),
  'RayService.ray.io': ray('spec.rayClusterConfig'),
  'RayCronJob.ray.io': ray('spec.jobTemplate.rayClusterSpec', 'spec.jobTemplate.submitterPodTemplate.spec'),
  'Notebook.kubeflow.org': frozen('spec.template.spec'),
  'TrainJob.trainer.kubeflow.org': trainJob,
  'PyTorchJob.kubeflow.org': frozen('spec.pytorchReplicaSpecs.*.template.spec'),
  'TFJob.kubeflow.org': frozen('spec.tfReplicaSpecs.*.template.spec'),
  'MPIJob.kubeflow.org': frozen('spec.mpiReplicaSpecs.*.template.spec'),
  'XGBoostJob.kubeflow.org': frozen('spec.xgbReplicaSpecs.*.template.spec'),
  'JAXJob.kubeflow.org': frozen('spec.jaxReplicaSpecs.*.template.spec'),
  'TrainingRuntime.trainer.kubeflow.org': pods('spec.template.spec.replicatedJobs.*.template.spec.template.spec'),
  'ClusterTrainingRuntime.trainer.kubeflow.org': pods(
    'spec.template.spec.replicatedJobs.*.template.spec.template.spec',
  ),
  'PaddleJob.kubeflow.org': frozen('spec.paddleReplicaSpecs.*.template.spec'),

  'Service.serving.knative.dev': knative,
  'Configuration.serving.knative.dev': knative,
  'Job.run.googleapis.com': everyImage,
  'WorkerPool.run.googleapis.com': everyImage,
  'Fleet.agones.dev': pods('spec.template.spec.template.spec'),
  'GameServerSet.agones.dev': pods('spec.template.spec.template.spec'),
  'GameServer.agones.dev': frozen('spec.template.spec'),
  'VirtualMachine.kubevirt.io': virtualMachine,
  'VirtualMachineInstance.kubevirt.io': frozen('spec'),
  'VirtualMachineInstanceReplicaSet.kubevirt.io': virtualMachine,
  'VirtualMachinePool.pool.kubevirt.io': pods('spec.virtualMachineTemplate.spec.template.spec'),
  'SparkApplication.sparkoperator.k8s.io': spark,
  'ScheduledSparkApplication.sparkoperator.k8s.io': {
    ...spark,
    images: spark.images.map((path) => path.replace('spec.', 'spec.template.')),
    pods: sparkPods(['spec', 'template']),
  },
  'SparkConnect.sparkoperator.k8s.io': sparkConnect,
  'Task.tekton.dev': tektonDefinition,
  'Pipeline.tekton.dev': tektonDefinition,
  'StepAction.tekton.dev': tektonDefinition,
  'TaskRun.tekton.dev': { ...everyImage, pods: taskRunPods },
  'PipelineRun.tekton.dev': { ...everyImage, pods: pipelineRunPods },
  'Connect.platform.confluent.io': confluent,
  'ControlCenter.platform.confluent.io': confluent,
  'Kafka.platform.confluent.io': confluent,
  'KsqlDB.platform.confluent.io': confluent,
  'SchemaRegistry.platform.confluent.io': confluent,
  'Zookeeper.platform.confluent.io': confluent,
  'KafkaConnect.kafka.strimzi.io': strimzi('spec'),
  'KafkaMirrorMaker.kafka.strimzi.io': strimzi('spec'),
  'KafkaMirrorMaker2.kafka.strimzi.io': strimzi('spec'),
  'KafkaBridge.kafka.strimzi.io': strimzi('spec'),
  'KafkaNodePool.kafka.strimzi.io': { ...nothing, pods: nodePoolPods },
  'Kafka.kafka.strimzi.io': strimzi(
    'spec.kafka',
    'spec.zookeeper',
    'spec.entityOperator',
    'spec.kafkaExporter',
    'spec.cruiseControl',
  ),
}
