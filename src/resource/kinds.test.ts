import { describe, expect, test } from 'vitest'
import { imageFields, placementHint, podTemplates, refusesPlacement, type ResourceObject } from './index.ts'

const container = { name: 'c', image: 'app' }
const pod = { containers: [container] }
const template = { spec: pod }

/** An object of a kind with the given spec; `Kind.group/version`. */
function anObject(name: string, spec: object): ResourceObject {
  const [, kind = '', apiVersion = ''] = /^([^.]+)\.?(.*)$/.exec(name) ?? []
  return { apiVersion, kind, metadata: { name: 'x' }, spec }
}

describe('kinds whose pod specs take placement rules', () => {
  test.each<[string, object, readonly string[]]>([
    ['Pod.v1', pod, ['spec']],
    ['ReplicationController.v1', { template }, ['spec.template.spec']],
    ['Deployment.apps/v1', { template }, ['spec.template.spec']],
    ['ReplicaSet.apps/v1', { template }, ['spec.template.spec']],
    ['StatefulSet.apps/v1', { template }, ['spec.template.spec']],
    ['DaemonSet.apps/v1', { template }, ['spec.template.spec']],
    ['Job.batch/v1', { template }, ['spec.template.spec']],
    ['CronJob.batch/v1', { jobTemplate: { spec: { template } } }, ['spec.jobTemplate.spec.template.spec']],
    ['Rollout.argoproj.io/v1alpha1', { template }, ['spec.template.spec']],
    [
      'JobSet.jobset.x-k8s.io/v1alpha2',
      { replicatedJobs: [{ template: { spec: { template } } }] },
      ['spec.replicatedJobs.0.template.spec.template.spec'],
    ],
    [
      'LeaderWorkerSet.leaderworkerset.x-k8s.io/v1',
      { leaderWorkerTemplate: { leaderTemplate: template, workerTemplate: template } },
      ['spec.leaderWorkerTemplate.leaderTemplate.spec', 'spec.leaderWorkerTemplate.workerTemplate.spec'],
    ],
    [
      'Job.batch.volcano.sh/v1alpha1',
      { tasks: [{ template }, { template }] },
      ['spec.tasks.0.template.spec', 'spec.tasks.1.template.spec'],
    ],
    [
      'CronJob.batch.volcano.sh/v1alpha1',
      { jobTemplate: { spec: { tasks: [{ template }] } } },
      ['spec.jobTemplate.spec.tasks.0.template.spec'],
    ],
    ['CloneSet.apps.kruise.io/v1alpha1', { template }, ['spec.template.spec']],
    ['StatefulSet.apps.kruise.io/v1beta1', { template }, ['spec.template.spec']],
    ['DaemonSet.apps.kruise.io/v1alpha1', { template }, ['spec.template.spec']],
    ['BroadcastJob.apps.kruise.io/v1alpha1', { template }, ['spec.template.spec']],
    [
      'AdvancedCronJob.apps.kruise.io/v1alpha1',
      { template: { jobTemplate: { spec: { template } } } },
      ['spec.template.jobTemplate.spec.template.spec'],
    ],
    [
      'UnitedDeployment.apps.kruise.io/v1alpha1',
      { template: { deploymentTemplate: { spec: { template } } } },
      ['spec.template.deploymentTemplate.spec.template.spec'],
    ],
    [
      'RayCluster.ray.io/v1',
      { headGroupSpec: { template }, workerGroupSpecs: [{ template }], autoscalerOptions: { image: 'app' } },
      ['spec.headGroupSpec.template.spec', 'spec.workerGroupSpecs.0.template.spec'],
    ],
    [
      'RayJob.ray.io/v1',
      { rayClusterSpec: { headGroupSpec: { template } }, submitterPodTemplate: template },
      ['spec.rayClusterSpec.headGroupSpec.template.spec', 'spec.submitterPodTemplate.spec'],
    ],
    [
      'RayService.ray.io/v1',
      { rayClusterConfig: { headGroupSpec: { template } } },
      ['spec.rayClusterConfig.headGroupSpec.template.spec'],
    ],
    [
      'PyTorchJob.kubeflow.org/v1',
      { pytorchReplicaSpecs: { Worker: { template } } },
      ['spec.pytorchReplicaSpecs.Worker.template.spec'],
    ],
    ['TFJob.kubeflow.org/v1', { tfReplicaSpecs: { Chief: { template } } }, ['spec.tfReplicaSpecs.Chief.template.spec']],
    [
      'MPIJob.kubeflow.org/v2beta1',
      { mpiReplicaSpecs: { Launcher: { template } } },
      ['spec.mpiReplicaSpecs.Launcher.template.spec'],
    ],
    [
      'XGBoostJob.kubeflow.org/v1',
      { xgbReplicaSpecs: { Master: { template } } },
      ['spec.xgbReplicaSpecs.Master.template.spec'],
    ],
    [
      'PaddleJob.kubeflow.org/v1',
      { paddleReplicaSpecs: { Worker: { template } } },
      ['spec.paddleReplicaSpecs.Worker.template.spec'],
    ],
    [
      'JAXJob.kubeflow.org/v1',
      { jaxReplicaSpecs: { Worker: { template } } },
      ['spec.jaxReplicaSpecs.Worker.template.spec'],
    ],
    [
      'TrainingRuntime.trainer.kubeflow.org/v1alpha1',
      { template: { spec: { replicatedJobs: [{ template: { spec: { template } } }] } } },
      ['spec.template.spec.replicatedJobs.0.template.spec.template.spec'],
    ],
    [
      'ClusterTrainingRuntime.trainer.kubeflow.org/v1alpha1',
      { template: { spec: { replicatedJobs: [{ template: { spec: { template } } }] } } },
      ['spec.template.spec.replicatedJobs.0.template.spec.template.spec'],
    ],
    ['Notebook.kubeflow.org/v1', { template }, ['spec.template.spec']],
    ['Experiment.argoproj.io/v1alpha1', { templates: [{ template }] }, ['spec.templates.0.template.spec']],
    [
      'AnalysisTemplate.argoproj.io/v1alpha1',
      { metrics: [{ provider: { job: { spec: { template } } } }] },
      ['spec.metrics.0.provider.job.spec.template.spec'],
    ],
    [
      'ClusterAnalysisTemplate.argoproj.io/v1alpha1',
      { metrics: [{ provider: { job: { spec: { template } } } }] },
      ['spec.metrics.0.provider.job.spec.template.spec'],
    ],
    ['JobTemplate.flow.volcano.sh/v1alpha1', { tasks: [{ template }] }, ['spec.tasks.0.template.spec']],
    ['GameServerSet.game.kruise.io/v1alpha1', { gameServerTemplate: template }, ['spec.gameServerTemplate.spec']],
    [
      'RayCronJob.ray.io/v1',
      { jobTemplate: { rayClusterSpec: { headGroupSpec: { template }, workerGroupSpecs: [{ template }] } } },
      [
        'spec.jobTemplate.rayClusterSpec.headGroupSpec.template.spec',
        'spec.jobTemplate.rayClusterSpec.workerGroupSpecs.0.template.spec',
      ],
    ],
    ['Service.serving.knative.dev/v1', { template }, ['spec.template.spec']],
    ['Configuration.serving.knative.dev/v1', { template }, ['spec.template.spec']],
    ['Fleet.agones.dev/v1', { template: { spec: { template } } }, ['spec.template.spec.template.spec']],
    ['GameServerSet.agones.dev/v1', { template: { spec: { template } } }, ['spec.template.spec.template.spec']],
    ['GameServer.agones.dev/v1', { template }, ['spec.template.spec']],
  ])('%s', (name, spec, paths) => {
    const object = anObject(name, spec)
    expect(podTemplates({ object }).map(({ path }) => path.join('.'))).toEqual(paths)
    expect(new Set(imageFields({ object }).map(({ value }) => value))).toEqual(new Set(['app']))
    expect(refusesPlacement(object)).toBe(false)
  })

  test('PodTemplate', () => {
    const object: ResourceObject = { apiVersion: 'v1', kind: 'PodTemplate', metadata: { name: 'x' }, template }
    expect(podTemplates({ object }).map(({ path }) => path.join('.'))).toEqual(['template.spec'])
  })

  test.each([
    [
      'VirtualMachine.kubevirt.io/v1',
      { template: { spec: { volumes: [{ containerDisk: { image: 'app' } }] } } },
      'spec.template.spec',
    ],
    [
      'VirtualMachinePool.pool.kubevirt.io/v1beta1',
      { virtualMachineTemplate: { spec: { template: { spec: { volumes: [{ containerDisk: { image: 'app' } }] } } } } },
      'spec.virtualMachineTemplate.spec.template.spec',
    ],
    ['VirtualMachineInstance.kubevirt.io/v1', { volumes: [{ containerDisk: { image: 'app' } }] }, 'spec'],
    [
      'VirtualMachineInstanceReplicaSet.kubevirt.io/v1',
      { template: { spec: { volumes: [{ containerDisk: { image: 'app' } }] } } },
      'spec.template.spec',
    ],
  ])('%s, whose disks are images', (name, spec, path) => {
    const object = anObject(name, spec)
    expect(podTemplates({ object }).map((one) => one.path.join('.'))).toEqual([path])
    expect(imageFields({ object }).map(({ value }) => value)).toEqual(['app'])
  })
})

describe('kinds whose images are known and whose placement is not ours', () => {
  const steps = [{ name: 's', image: 'app' }]

  test.each<[string, object]>([
    ['SidecarSet.apps.kruise.io/v1alpha1', pod],
    ['Task.tekton.dev/v1', { steps }],
    ['StepAction.tekton.dev/v1', { image: 'app' }],
    ['Pipeline.tekton.dev/v1', { tasks: [{ taskSpec: { steps } }] }],
    ['EphemeralJob.apps.kruise.io/v1alpha1', { template: { ephemeralContainers: [container] } }],
    ['ImagePullJob.apps.kruise.io/v1beta1', { image: 'app' }],
    ['ImageListPullJob.apps.kruise.io/v1beta1', { images: ['app'] }],
    ['Job.run.googleapis.com/v1', { template }],
    ['WorkerPool.run.googleapis.com/v1', { template }],
    ['Kafka.platform.confluent.io/v1beta1', { image: { application: 'app' } }],
  ])('%s', (name, spec) => {
    const object = anObject(name, spec)
    expect(podTemplates({ object })).toEqual([])
    expect(new Set(imageFields({ object }).map(({ value }) => value))).toEqual(new Set(['app']))
    expect(refusesPlacement(object)).toBe(true)
  })

  test.each([
    ['Task.tekton.dev/v1', /podTemplate of the TaskRun/],
    ['Pipeline.tekton.dev/v1', /taskRunTemplate/],
    ['ImagePullJob.apps.kruise.io/v1beta1', /spec\.selector/],
  ])('%s says what can be done', (name, hint) => {
    expect(placementHint(anObject(name, {}))).toMatch(hint)
  })
})
