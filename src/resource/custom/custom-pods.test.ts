import { describe, expect, test } from 'vitest'
import { editObject, imageFields, podTemplates, refusesPlacement, type ResourceObject } from '../index.ts'

const image = { image: 'app' }
const container = { container: image }
const affinity = { nodeAffinity: { marked: true } }
const step = { taskSpec: { steps: [{ name: 's', image: 'app' }] } }

/** An object of a kind with the given spec; `Kind.group/version`. */
function anObject(name: string, spec: object, labels: Readonly<Record<string, string>> = {}): ResourceObject {
  const [, kind = '', apiVersion = ''] = /^([^.]+)\.?(.*)$/.exec(name) ?? []
  return { apiVersion, kind, metadata: { name: 'x', labels }, spec }
}

const workflow = 'Workflow.argoproj.io/v1alpha1'
const spark = 'SparkApplication.sparkoperator.k8s.io/v1beta2'
const trainJob = 'TrainJob.trainer.kubeflow.org/v1alpha1'
const kafka = 'Kafka.kafka.strimzi.io/v1beta2'

describe('kinds whose operator copies rules into pods', () => {
  test.each<[string, object, readonly string[], object]>([
    [workflow, { templates: [container] }, ['app'], { templates: [{ ...container, affinity }] }],
    [workflow, { templates: [{ script: image }] }, ['app'], { templates: [{ affinity }] }],
    [workflow, { templates: [{ containerSet: { containers: [image] } }] }, ['app'], { templates: [{ affinity }] }],
    [
      workflow,
      { templates: [{ ...container, sidecars: [{ image: 'side' }], initContainers: [{ image: 'init' }] }] },
      ['app', 'init', 'side'],
      { templates: [{ affinity }] },
    ],
    [
      workflow,
      { templates: [{ name: 'all', steps: [[{ name: 'a', inline: container }]] }] },
      ['app'],
      { templates: [{ steps: [[{ inline: { ...container, affinity } }]] }] },
    ],
    [
      'CronWorkflow.argoproj.io/v1alpha1',
      { workflowSpec: { templates: [container] } },
      ['app'],
      { workflowSpec: { templates: [{ affinity }] } },
    ],
    ['WorkflowTemplate.argoproj.io/v1alpha1', { templates: [container] }, ['app'], { templates: [{ affinity }] }],
    [
      'ClusterWorkflowTemplate.argoproj.io/v1alpha1',
      { templates: [container] },
      ['app'],
      { templates: [{ affinity }] },
    ],
    ['TaskRun.tekton.dev/v1', step, ['app'], { ...step, podTemplate: { affinity } }],
    [
      'PipelineRun.tekton.dev/v1',
      { pipelineSpec: { tasks: [{ name: 't', ...step }] } },
      ['app'],
      { taskRunSpecs: [{ pipelineTaskName: 't', podTemplate: { affinity } }] },
    ],
    [
      'PipelineRun.tekton.dev/v1',
      {
        pipelineSpec: { finally: [{ name: 't', ...step }] },
        taskRunTemplate: { podTemplate: { priorityClassName: 'low' } },
        taskRunSpecs: [{ pipelineTaskName: 'other' }],
      },
      ['app'],
      {
        taskRunSpecs: [
          { pipelineTaskName: 'other' },
          { pipelineTaskName: 't', podTemplate: { priorityClassName: 'low', affinity } },
        ],
      },
    ],
    [
      'PipelineRun.tekton.dev/v1beta1',
      { pipelineSpec: { tasks: [{ name: 't', ...step }] }, taskRunSpecs: [{ pipelineTaskName: 't', metadata: {} }] },
      ['app'],
      { taskRunSpecs: [{ pipelineTaskName: 't', metadata: {}, taskPodTemplate: { affinity } }] },
    ],
    [spark, { image: 'app', driver: {} }, ['app'], { image: 'app', driver: { affinity } }],
    [spark, { executor: image }, ['app'], { executor: { ...image, affinity } }],
    [
      'ScheduledSparkApplication.sparkoperator.k8s.io/v1beta2',
      { template: { image: 'base', driver: { ...image, sidecars: [{ image: 'side' }] } } },
      ['app', 'side'],
      { template: { driver: { affinity } } },
    ],
    [
      spark,
      { driver: { ...image, template: { spec: { containers: [{ name: 'side', image: 'side' }] } } } },
      ['app', 'side'],
      { driver: { affinity } },
    ],
    [
      'SparkConnect.sparkoperator.k8s.io/v1alpha1',
      { image: 'app', server: {} },
      ['app'],
      { image: 'app', server: { template: { spec: { affinity } } } },
    ],
    [
      'SparkConnect.sparkoperator.k8s.io/v1alpha1',
      { image: 'base', executor: { template: { spec: { containers: [{ name: 'x', ...image }] } } } },
      ['app'],
      { executor: { template: { spec: { affinity, containers: [{ name: 'x', ...image }] } } } },
    ],
    [
      trainJob,
      { trainer: image, podTemplateOverrides: [{ targetJobs: [{ name: 'node' }], spec: { serviceAccountName: 's' } }] },
      ['app'],
      { podTemplateOverrides: [{ targetJobs: [{ name: 'node' }], spec: { serviceAccountName: 's', affinity } }] },
    ],
    [
      trainJob,
      { trainer: image, podTemplateOverrides: [{ targetJobs: [{ name: 'node' }, { name: 'other' }] }] },
      ['app'],
      {
        podTemplateOverrides: [
          { targetJobs: [{ name: 'node' }, { name: 'other' }] },
          { targetJobs: [{ name: 'node' }], spec: { affinity } },
        ],
      },
    ],
    [
      trainJob,
      { trainer: image, runtimePatches: [{ manager: 'example.com/me' }] },
      ['app'],
      {
        runtimePatches: [
          {
            manager: 'example.com/me',
            trainingRuntimeSpec: {
              template: {
                spec: { replicatedJobs: [{ name: 'node', template: { spec: { template: { spec: { affinity } } } } }] },
              },
            },
          },
        ],
      },
    ],
    [kafka, { kafka: image }, ['app'], { kafka: { ...image, template: { pod: { affinity } } } }],
    [kafka, { zookeeper: image }, ['app'], { zookeeper: { template: { pod: { affinity } } } }],
    [
      kafka,
      { entityOperator: { topicOperator: image, userOperator: { image: 'user' } } },
      ['app', 'user'],
      { entityOperator: { template: { pod: { affinity } } } },
    ],
    [kafka, { kafkaExporter: image }, ['app'], { kafkaExporter: { template: { pod: { affinity } } } }],
    [kafka, { cruiseControl: image }, ['app'], { cruiseControl: { template: { pod: { affinity } } } }],
    ['KafkaConnect.kafka.strimzi.io/v1beta2', image, ['app'], { template: { pod: { affinity } } }],
    ['KafkaMirrorMaker2.kafka.strimzi.io/v1beta2', image, ['app'], { template: { pod: { affinity } } }],
    ['KafkaMirrorMaker.kafka.strimzi.io/v1beta2', image, ['app'], { template: { pod: { affinity } } }],
    ['KafkaBridge.kafka.strimzi.io/v1beta2', image, ['app'], { template: { pod: { affinity } } }],
  ])('%s %j', (name, spec, images, written) => {
    const object = anObject(name, spec)
    const templates = podTemplates({ object })
    expect(templates.map((one) => one.images)).toEqual([images])
    expect(editObject(object, templates[0]?.write({ affinity }) ?? [])).toMatchObject({ spec: written })
    expect(imageFields({ object }).map(({ value }) => value)).toEqual(expect.arrayContaining([...images]))
    expect(refusesPlacement(object)).toBe(false)
  })

  test('a TrainJob runs what its runtime has beside the trainer, and says where a rule would go', () => {
    const runtime = anObject('ClusterTrainingRuntime.trainer.kubeflow.org/v1alpha1', {
      template: {
        spec: {
          replicatedJobs: [
            {
              name: 'launcher',
              template: {
                metadata: { labels: { 'trainer.kubeflow.org/trainjob-ancestor-step': 'trainer' } },
                spec: {
                  template: {
                    spec: {
                      initContainers: [{ name: 'i', image: 'init' }],
                      containers: [
                        { name: 'node', image: 'replaced' },
                        { name: 's', image: 'side' },
                      ],
                    },
                  },
                },
              },
            },
          ],
        },
      },
    })
    const job = anObject(trainJob, { runtimeRef: { name: 'x' }, trainer: image })
    const [pods] = podTemplates({ object: job }, [runtime])
    expect(pods).toMatchObject({
      images: ['app', 'init', 'side'],
      unplaceable: expect.stringContaining('runtimePatches'),
    })
    const ruled = { template: { spec: { template: { spec: { nodeSelector: { a: 'b' } } } } } }
    const patch = { trainingRuntimeSpec: { template: { spec: { replicatedJobs: [{ name: 'launcher', ...ruled }] } } } }
    const patched = anObject(trainJob, { runtimeRef: { name: 'x' }, trainer: image, runtimePatches: [patch] })
    expect(podTemplates({ object: patched }, [runtime])[0]?.spec).toEqual({ nodeSelector: { a: 'b' } })
    expect(podTemplates({ object: anObject(trainJob, { trainer: {} }) })).toEqual([])
  })

  test('an image that is not named is the operator’s, and has no rule', () => {
    expect(podTemplates({ object: anObject(kafka, { kafka: {}, entityOperator: {} }) })).toEqual([])
    expect(podTemplates({ object: anObject(spark, { driver: {} }) })).toEqual([])
  })
})

describe('rules that are in force', () => {
  const own = { nodeSelector: { a: 'own' } }
  const outer = { nodeSelector: { a: 'outer' }, affinity, tolerations: [{ key: 'k' }] }

  test.each<[string, string, object, object]>([
    ['a template’s', workflow, { ...outer, templates: [{ ...container, ...own }] }, { ...outer, ...own }],
    [
      'of templateDefaults',
      workflow,
      { templateDefaults: own, ...outer, templates: [container] },
      { ...outer, ...own },
    ],
    [
      'of the template that calls it',
      workflow,
      {
        ...outer,
        templates: [
          { name: 'leaf', ...container },
          { name: 'all', ...own, dag: { tasks: [{ template: 'leaf' }] } },
        ],
      },
      { ...outer, ...own },
    ],
    [
      'of the driver and the application',
      spark,
      { ...image, nodeSelector: { b: 'x' }, driver: own },
      { nodeSelector: { a: 'own', b: 'x' } },
    ],
    [
      'of one task of a PipelineRun',
      'PipelineRun.tekton.dev/v1',
      {
        pipelineSpec: { tasks: [{ name: 't', ...step }] },
        taskRunTemplate: { podTemplate: outer },
        taskRunSpecs: [{ pipelineTaskName: 't', podTemplate: own }],
      },
      { ...outer, ...own },
    ],
  ])('%s', (_, name, spec, rules) => {
    expect(podTemplates({ object: anObject(name, spec) }).map((one) => one.spec)).toEqual([rules])
  })

  test.each<[string, string, object, RegExp]>([
    [
      'different callers',
      workflow,
      {
        entrypoint: 'leaf',
        templates: [
          { name: 'leaf', ...container },
          { steps: [[{ template: 'leaf' }]], ...own },
        ],
      },
      /different rules/,
    ],
    [
      'parameters of a workflow',
      workflow,
      { templates: [{ ...container, nodeSelector: { 'kubernetes.io/arch': '{{inputs.parameters.arch}}' } }] },
      /only known when it runs/,
    ],
    [
      'parameters of a task',
      'TaskRun.tekton.dev/v1',
      { ...step, podTemplate: { nodeSelector: { 'kubernetes.io/arch': '$(params.arch)' } } },
      /only known when it runs/,
    ],
  ])('cannot be told with %s', (_, name, spec, reason) => {
    expect(podTemplates({ object: anObject(name, spec) })[0]?.unplaceable).toMatch(reason)
  })
})

describe('what is deployed along with it', () => {
  test('a Task and a Pipeline say what a run starts', () => {
    const task = { ...anObject('Task.tekton.dev/v1', { steps: [image] }), metadata: { name: 'task' } }
    const pipeline = {
      ...anObject('Pipeline.tekton.dev/v1', { tasks: [{ name: 't', taskRef: { name: 'task' } }] }),
      metadata: { name: 'pipeline' },
    }
    const others = [task, pipeline]
    const taskRun = anObject('TaskRun.tekton.dev/v1', { taskRef: { name: 'task' } })
    const pipelineRun = anObject('PipelineRun.tekton.dev/v1', { pipelineRef: { name: 'pipeline' } })
    expect(podTemplates({ object: taskRun }, others).map((one) => one.images)).toEqual([['app']])
    const [found] = podTemplates({ object: pipelineRun }, others)
    expect(found?.images).toEqual(['app'])
    expect(editObject(pipelineRun, found?.write({ affinity }) ?? [])).toMatchObject({
      spec: { taskRunSpecs: [{ pipelineTaskName: 't', podTemplate: { affinity } }] },
    })
    expect(podTemplates({ object: taskRun })).toEqual([])
  })

  test('a Kafka says what its node pools start, and which rules they inherit', () => {
    const cluster = anObject(kafka, { kafka: { image: 'app', template: { pod: { tolerations: [{ key: 'k' }] } } } })
    const pool = anObject('KafkaNodePool.kafka.strimzi.io/v1beta2', { replicas: 3 }, { 'strimzi.io/cluster': 'x' })
    const [found] = podTemplates({ object: pool }, [cluster])
    expect(found?.images).toEqual(['app'])
    expect(editObject(pool, found?.write({ affinity }) ?? [])).toMatchObject({
      spec: { replicas: 3, template: { pod: { affinity, tolerations: [{ key: 'k' }] } } },
    })
  })
})
