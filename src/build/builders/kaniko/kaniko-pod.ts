import type { ClusterBuild, KanikoArtifact, PodResources } from '../../../config/index.ts'
import type { KubeObject } from '../../../kube/index.ts'
import type { Platform } from '../../../platform/index.ts'
import type { Reference } from '../../../reference/index.ts'
import { formatFamiliar } from '../../../reference/index.ts'
import type { ClusterSecretNames } from '../cluster/cluster-secrets.ts'
import { cacheMount, contextMount, kanikoArguments, type KanikoJob } from './kaniko-arguments.ts'

/** Names of the pod's containers, as in Skaffold. */
export const containers = { init: 'kaniko-init-container', main: 'kaniko' } as const

/** Ends the init container when it is there. */
export const completeFile = '/tmp/complete'

/** A pod that builds one platform of an artifact. */
export interface KanikoPod {
  readonly name: string
  readonly namespace: string
  readonly cluster: ClusterBuild
  readonly job: KanikoJob
  /** The tagged name that the artifact gets. */
  readonly reference: Reference
  readonly secrets: ClusterSecretNames
  /** The pod is ended after that, should nobody be left to delete it. */
  readonly deadlineSeconds: number
}

/** The pod as Skaffold makes it, on a node of the platform that it builds for. */
export function kanikoPod(pod: KanikoPod): KubeObject {
  const { cluster, job } = pod
  const { kaniko } = job
  const context = { name: 'kaniko-emptydir', mountPath: contextMount }
  const own = (kaniko.volumeMounts ?? []).map((mount) => mount)
  const resources = resourcesOf(cluster.resources)
  const extra = extraVolumes(pod)
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: pod.name,
      namespace: pod.namespace,
      labels: { ...cluster.labels, ...podLabels },
      ...(cluster.annotations === undefined ? {} : { annotations: cluster.annotations }),
    },
    spec: {
      restartPolicy: 'Never',
      activeDeadlineSeconds: pod.deadlineSeconds,
      initContainers: [
        {
          name: containers.init,
          image: kaniko.initImage,
          imagePullPolicy: 'IfNotPresent',
          command: ['sh', '-c', `while [ ! -f ${completeFile} ]; do sleep 1; done`],
          volumeMounts: [context, ...own],
          resources,
        },
      ],
      containers: [
        {
          name: containers.main,
          image: kaniko.image,
          imagePullPolicy: 'IfNotPresent',
          args: kanikoArguments(job),
          env: environment(pod),
          volumeMounts: [context, ...extra.map(({ mount }) => mount), ...own],
          resources,
        },
      ],
      volumes: [{ name: context.name, emptyDir: {} }, ...extra.map(({ volume }) => volume), ...(cluster.volumes ?? [])],
      nodeSelector: { ...cluster.nodeSelector, ...platformLabels(job.platform) },
      tolerations: [...(cluster.tolerations ?? []), archToleration(job.platform)],
      ...(cluster.serviceAccount === undefined ? {} : { serviceAccountName: cluster.serviceAccount }),
      ...(cluster.runAsUser === undefined ? {} : { securityContext: { runAsUser: cluster.runAsUser } }),
      ...(kaniko.imagePullSecret === undefined ? {} : { imagePullSecrets: [{ name: kaniko.imagePullSecret }] }),
    },
  }
}

/** What tells these objects from others: `kubectl delete pods -l skaffold-kaniko` takes those that a killed run left. */
const podLabels: Readonly<Record<string, string>> = { 'skaffold-kaniko': 'skaffold-kaniko' }

/** Nodes that a platform's pod can run on. */
export function platformLabels({ os, architecture }: Platform): Readonly<Record<string, string>> {
  return { 'kubernetes.io/os': os, 'kubernetes.io/arch': architecture }
}

/** Of the taint that GKE and others put on nodes whose architecture is not the usual one. */
function archToleration({ architecture }: Platform): object {
  return { key: 'kubernetes.io/arch', operator: 'Equal', value: architecture, effect: 'NoSchedule' }
}

interface ExtraVolume {
  readonly mount: { readonly name: string; readonly mountPath: string }
  readonly volume: object
}

function extraVolumes({ cluster, job, secrets }: KanikoPod): readonly ExtraVolume[] {
  const { pullSecret, dockerConfig } = secrets
  const { hostPath } = job.kaniko.cache ?? {}
  const secret = (name: string, mountPath: string, secretName: string): ExtraVolume => ({
    mount: { name, mountPath },
    volume: { name, secret: { secretName } },
  })
  return [
    ...(pullSecret === undefined ? [] : [secret('kaniko-secret', mountOf(cluster), pullSecret.name)]),
    ...(hostPath === undefined
      ? []
      : [
          {
            mount: { name: 'kaniko-cache', mountPath: cacheMount },
            volume: { name: 'kaniko-cache', hostPath: { path: hostPath } },
          },
        ]),
    ...(dockerConfig === undefined ? [] : [secret('docker-cfg', '/kaniko/.docker', dockerConfig.name)]),
  ]
}

function mountOf({ pullSecretMountPath }: ClusterBuild): string {
  return pullSecretMountPath ?? '/secret'
}

type Variable = NonNullable<KanikoArtifact['env']>[number]

/** What is written wins over what is made up. */
function environment({ cluster, job, reference, secrets }: KanikoPod): readonly Variable[] {
  const { pullSecret } = secrets
  const written = job.kaniko.env ?? []
  const given = new Set(written.map(({ name }) => name))
  const credentials = pullSecret === undefined ? undefined : `${mountOf(cluster)}/${pullSecret.file}`
  return [
    ...variable('GOOGLE_APPLICATION_CREDENTIALS', credentials),
    ...variable('UPSTREAM_CLIENT_TYPE', 'UpstreamClient(catamaran)'),
    ...written,
    ...Object.entries(namesOf(reference)).flatMap(([name, text]) => (given.has(name) ? [] : variable(name, text))),
    ...variable('HTTP_PROXY', cluster.HTTP_PROXY),
    ...variable('HTTPS_PROXY', cluster.HTTPS_PROXY),
  ]
}

function variable(name: string, text: string | undefined): readonly Variable[] {
  return text === undefined || text === '' ? [] : [{ name, value: text }]
}

/** The parts of a name, as Skaffold cuts it. */
function namesOf({ registry, repository, tag }: Reference): Readonly<Record<string, string>> {
  const parts = formatFamiliar({ registry, repository }).split('/')
  const hasRepo = parts.length > 1
  return {
    IMAGE_REPO: hasRepo ? parts.slice(0, -1).join('/') : '',
    IMAGE_NAME: hasRepo ? (parts.at(-1) ?? '') : '',
    IMAGE_TAG: tag ?? 'latest',
  }
}

function resourcesOf({ limits, requests }: NonNullable<ClusterBuild['resources']> = {}): object {
  return {
    ...(limits === undefined ? {} : { limits: quantities(limits) }),
    ...(requests === undefined ? {} : { requests: quantities(requests) }),
  }
}

function quantities({ cpu, memory, resourceStorage, ephemeralStorage }: PodResources): Record<string, string> {
  const all = { cpu, memory, storage: resourceStorage, 'ephemeral-storage': ephemeralStorage }
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, text]) => (text === undefined || text === '' ? [] : [[name, text]])),
  )
}
