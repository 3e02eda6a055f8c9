import { isJsonObject, type JsonObject } from '../json.ts'
import { changed, defaultPodSpec } from './pod-spec.ts'

/** A pod template with the values that the API server fills in. */
export function defaultTemplate(template: JsonObject): JsonObject {
  return { metadata: {}, ...template, ...changed(template, 'spec', defaultPodSpec) }
}

export function completeDeployment(deployment: JsonObject): JsonObject {
  return withSpec(deployment, {}, (spec) => ({
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    ...spec,
    strategy: defaultStrategy(spec['strategy'], { maxUnavailable: '25%', maxSurge: '25%' }),
    ...changed(spec, 'template', defaultTemplate),
  }))
}

function defaultStrategy(given: unknown, rollingUpdate: JsonObject): JsonObject {
  const strategy = { type: 'RollingUpdate', ...(isJsonObject(given) && given) }
  if (strategy.type !== 'RollingUpdate') return strategy
  const own = isJsonObject(given) && isJsonObject(given['rollingUpdate']) ? given['rollingUpdate'] : {}
  return { ...strategy, rollingUpdate: { ...rollingUpdate, ...own } }
}

export function completeReplicaSet(replicaSet: JsonObject): JsonObject {
  return withSpec(replicaSet, { replicas: 0 }, (spec) => ({
    replicas: 1,
    ...spec,
    ...changed(spec, 'template', defaultTemplate),
  }))
}

export function completeReplicationController(controller: JsonObject): JsonObject {
  const template = isJsonObject(controller['spec']) ? controller['spec']['template'] : undefined
  const metadata = isJsonObject(template) && isJsonObject(template['metadata']) ? template['metadata'] : {}
  return withSpec(controller, { replicas: 0 }, (spec) => ({
    replicas: 1,
    ...(metadata['labels'] !== undefined && { selector: metadata['labels'] }),
    ...spec,
    ...changed(spec, 'template', defaultTemplate),
  }))
}

export function completeDaemonSet(daemonSet: JsonObject): JsonObject {
  const status = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 }
  const metadata = isJsonObject(daemonSet['metadata']) ? daemonSet['metadata'] : {}
  const annotations = {
    'deprecated.daemonset.template.generation': '1',
    ...(isJsonObject(metadata['annotations']) && metadata['annotations']),
  }
  return withSpec({ ...daemonSet, metadata: { ...metadata, annotations } }, status, (spec) => ({
    revisionHistoryLimit: 10,
    ...spec,
    updateStrategy: defaultStrategy(spec['updateStrategy'], { maxUnavailable: 1, maxSurge: 0 }),
    ...changed(spec, 'template', defaultTemplate),
  }))
}

export function completeStatefulSet(statefulSet: JsonObject): JsonObject {
  return withSpec(statefulSet, { replicas: 0, availableReplicas: 0 }, (spec) => ({
    replicas: 1,
    podManagementPolicy: 'OrderedReady',
    revisionHistoryLimit: 10,
    ...spec,
    updateStrategy: defaultStrategy(spec['updateStrategy'], { partition: 0 }),
    persistentVolumeClaimRetentionPolicy: {
      whenDeleted: 'Retain',
      whenScaled: 'Retain',
      ...(isJsonObject(spec['persistentVolumeClaimRetentionPolicy']) && spec['persistentVolumeClaimRetentionPolicy']),
    },
    ...changed(spec, 'template', defaultTemplate),
  }))
}

/** A Job finds its pods by labels that hold its own uid. */
export function completeJob(job: JsonObject): JsonObject {
  const labelled = labelJob(job)
  return withSpec(labelled, {}, (spec) => ({
    parallelism: 1,
    ...(spec['parallelism'] === undefined && { completions: 1 }),
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    manualSelector: false,
    podReplacementPolicy: 'TerminatingOrFailed',
    ...spec,
    ...changed(spec, 'template', defaultTemplate),
  }))
}

function labelJob(job: JsonObject): JsonObject {
  const metadata = isJsonObject(job['metadata']) ? job['metadata'] : {}
  const { name, uid } = metadata
  const spec = isJsonObject(job['spec']) ? job['spec'] : {}
  if (spec['manualSelector'] === true || spec['selector'] !== undefined || typeof uid !== 'string') return job
  const own = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  }
  const template = isJsonObject(spec['template']) ? spec['template'] : {}
  const hasLabels = isJsonObject(template['metadata']) && isJsonObject(template['metadata']['labels'])
  const labels = (holder: unknown): JsonObject => ({
    ...(isJsonObject(holder) && isJsonObject(holder['labels']) && holder['labels']),
    ...own,
  })
  return {
    ...job,
    metadata: { ...metadata, ...(!hasLabels && { labels: labels(metadata) }) },
    spec: {
      ...spec,
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
      template: {
        ...template,
        metadata: {
          ...(isJsonObject(template['metadata']) && template['metadata']),
          labels: labels(template['metadata']),
        },
      },
    },
  }
}

export function completeCronJob(cronJob: JsonObject): JsonObject {
  return withSpec(cronJob, {}, (spec) => ({
    concurrencyPolicy: 'Allow',
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
    ...spec,
    ...changed(spec, 'jobTemplate', (jobTemplate) => ({
      metadata: {},
      ...jobTemplate,
      ...changed(jobTemplate, 'spec', (job) => ({ ...job, ...changed(job, 'template', defaultTemplate) })),
    })),
  }))
}

/** The object with its spec completed and, if it has none yet, that status. */
export function withSpec(
  object: JsonObject,
  status: JsonObject,
  complete: (spec: JsonObject) => JsonObject,
): JsonObject {
  return {
    ...object,
    ...changed(object, 'spec', complete),
    status: isJsonObject(object['status']) ? object['status'] : status,
  }
}
